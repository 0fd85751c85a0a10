using Starling.Target.Neighbors;
using Xunit;

namespace Starling.Tests.Target.Neighbors;

public class ContentGuessTests
{
    private readonly ContentGuess guess = new();

    [Fact]
    public void Content_stays_at_home_until_a_long_row_of_it_was_needed_and_goes_along_as_long_as_it_is()
    {
        Learn(5, wasTaken: true, times: ContentGuess.Row - 1);
        Assert.False(guess.GoesAlong(5));
        Learn(5, wasTaken: true, times: 1000);
        Assert.True(guess.GoesAlong(5));
        guess.Learn(5, wasTaken: false);
        Assert.False(guess.GoesAlong(5));
    }

    [Fact]
    public void A_receiver_that_has_nearly_everything_gets_no_content_along_though_all_that_changed_lies_in_one_directory()
    {
        for (var i = 0; i < 20_000; i++)
        {
            guess.Learn(5, wasTaken: i % 10_000 < 100);
            Assert.False(guess.GoesAlong(5));
        }
    }

    [Fact]
    public void Every_epoch_begins_anew_and_answers_of_earlier_ones_tell_nothing()
    {
        Learn(5, wasTaken: true, times: ContentGuess.Row);
        Assert.False(guess.GoesAlong(6));
        Learn(5, wasTaken: true, times: ContentGuess.Row);
        Assert.False(guess.GoesAlong(6));
        Learn(6, wasTaken: true, times: ContentGuess.Row);
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
