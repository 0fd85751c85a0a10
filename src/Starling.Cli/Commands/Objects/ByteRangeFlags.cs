using Starling.Cli.Output;

namespace Starling.Cli.Commands.Objects;

/// <summary><c>--offset</c> and <c>--length</c>, which belong together.</summary>
internal static class ByteRangeFlags
{
    public static (long From, long? To)? Of(CliSession session)
    {
        var (offset, length) = (session.Value(session.Flags.Offset), session.Value(session.Flags.Length));
        if (offset is null && length is null)
        {
            return null;
        }

        if (offset is null || length is null)
        {
            throw new UsageException($"missing '{(offset is null ? "--offset" : "--length")}': '--offset' and '--length' belong together");
        }

        var (from, count) = (Units.Default.ParseSize(offset, "--offset"), Units.Default.ParseSize(length, "--length"));
        return count > 0 ? (from, from + count - 1) : throw new UsageException("'--length' must be 1 or more");
    }
}
