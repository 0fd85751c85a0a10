using Starling.Target.Neighbors;
using Xunit;

namespace Starling.Tests.Target.Neighbors;

public class ContentGuessTests
{
    private readonly ContentGuess guess = new();

    [Fact]
    public void Content_stays_at_home_until_some_was_needed_and_goes_along_as_long_as_it_is()
    {
        Assert.False(guess.GoesAlong(5));
        Learn(5, wasTaken: true, times: 10);
        Assert.True(guess.GoesAlong(5));
        Learn(5, wasTaken: true, times: 1000);
        Learn(5, wasTaken: false, times: 12);
        Assert.False(guess.GoesAlong(5));
    }

    [Fact]
    public void A_receiver_that_has_nearly_everything_gets_no_content_along_after_one_that_it_needed()
    {
        for (var i = 0; i < 1000; i++)
        {
            guess.Learn(5, wasTaken: i % 100 == 1);
            Assert.False(guess.GoesAlong(5));
        }
    }

    [Fact]
    public void Every_epoch_begins_anew_and_answers_of_earlier_ones_tell_nothing()
    {
        Learn(5, wasTaken: true, times: 100);
        Assert.False(guess.GoesAlong(6));
        Learn(5, wasTaken: true, times: 100);
        Assert.False(guess.GoesAlong(6));
        Learn(6, wasTaken: true, times: 100);
        Assert.True(guess.GoesAlong(6));
    }

    private void Learn(long epoch, bool wasTaken, int times)
    {
        for (var i = 0; i < times; i++)
        {
            guess.Learn(epoch, wasTaken);
        }
    }
}
