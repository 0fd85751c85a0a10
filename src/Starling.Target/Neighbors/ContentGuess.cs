namespace Starling.Target.Neighbors;

/// <summary>
/// Whether the content of a small object goes along with its offer, or only when the receiver asks for it. Along is quicker for what the receiver does not
/// have; but who comes back has nearly everything, and then nothing should travel twice. What a receiver answers is the best hint of what it answers next;
/// in another epoch it begins anew, without content. A wrong guess costs bytes or a question, never a record. Thread-safe.
/// </summary>
internal sealed class ContentGuess
{
    private const int Always = 1024;
    private const int AtFirst = 768;
    private const int Weight = 16;

    private readonly Lock gate = new();
    private long epoch;
    private int has = AtFirst;

    /// <summary>Whether content goes along with an offer of this epoch.</summary>
    public bool GoesAlong(long offeredEpoch)
    {
        lock (gate)
        {
            Turn(offeredEpoch);
            return has < Always / 2;
        }
    }

    /// <summary>The receiver holds what was offered.</summary>
    /// <param name="offeredEpoch">Epoch of the offer; an earlier one than the newest tells nothing.</param>
    /// <param name="wasTaken">It needed the content.</param>
    public void Learn(long offeredEpoch, bool wasTaken)
    {
        lock (gate)
        {
            Turn(offeredEpoch);
            has += offeredEpoch == epoch ? ((wasTaken ? 0 : Always) - has) / Weight : 0;
        }
    }

    private void Turn(long offeredEpoch)
    {
        if (offeredEpoch > epoch)
        {
            (epoch, has) = (offeredEpoch, AtFirst);
        }
    }
}
