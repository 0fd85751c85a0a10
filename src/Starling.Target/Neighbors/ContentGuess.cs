namespace Starling.Target.Neighbors;

/// <summary>
/// Whether the content of a small object goes along with its offer, or only when the receiver asks for it. Along is quicker for what the receiver does not
/// have; but who comes back has nearly everything, and then nothing should travel twice. What changed while it was away may lie in one directory, so that many
/// offers in a row are needed before the first that is not: only a long row tells that the receiver has nothing. In another epoch a row begins anew. A wrong
/// guess costs bytes or a question, never a record. Thread-safe.
/// </summary>
internal sealed class ContentGuess
{
    /// <summary>So many offers in a row whose content was needed, and it goes along.</summary>
    internal const int Row = 512;

    private readonly Lock gate = new();
    private long epoch;
    private int row;

    /// <summary>Whether content goes along with an offer of this epoch.</summary>
    public bool GoesAlong(long offeredEpoch)
    {
        lock (gate)
        {
            Turn(offeredEpoch);
            return row >= Row;
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
            if (offeredEpoch == epoch)
            {
                row = wasTaken ? Math.Min(Row, row + 1) : 0;
            }
        }
    }

    private void Turn(long offeredEpoch)
    {
        if (offeredEpoch > epoch)
        {
            (epoch, row) = (offeredEpoch, 0);
        }
    }
}
