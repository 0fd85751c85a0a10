using Starling.Client.Objects;
using Starling.Core.Hashing;

namespace Starling.Cli.Commands.Objects;

/// <summary>Compares what arrives with the checksum that the server announced: a file that is written is the object that was stored.</summary>
internal static class Verification
{
    /// <summary>The body's bytes, each also given to <paramref name="count"/>; the read that meets the end throws when the checksum is not the announced one.</summary>
    /// <param name="body">A whole object or a range; a range carries the checksum of the whole and cannot be compared.</param>
    /// <param name="name">The object, for the message.</param>
    /// <param name="isRange">True for a range.</param>
    /// <param name="count">Told the number of bytes of each read.</param>
    public static Stream Of(ObjectBody body, string name, bool isRange, Action<long> count)
    {
        var announced = body.Properties;
        if (isRange || announced.ChecksumValue.Length == 0 || !ChecksumTypes.TryParse(announced.ChecksumType, out var type) || type == ChecksumType.None)
        {
            return new ObservedStream(body.Stream, bytes => count(bytes.Length));
        }

        IncrementalChecksum? checksum = IncrementalChecksum.Create(type);
        return new ObservedStream(body.Stream, bytes =>
        {
            count(bytes.Length);
            checksum?.Append(bytes);
            if (!bytes.IsEmpty || checksum is null)
            {
                return;
            }

            var computed = checksum.FinishHex();
            checksum.Dispose();
            checksum = null;
            if (!computed.Equals(announced.ChecksumValue, StringComparison.OrdinalIgnoreCase))
            {
                throw new CliException(
                    $"{name} is damaged: {announced.ChecksumType} of the bytes that arrived is {computed}, the server announced {announced.ChecksumValue}. Do not use them: read it again, and look at 'ais show log' of {(announced.Location.Length > 0 ? announced.Location : "its target")} if it happens again");
            }
        });
    }
}
