using Starling.Core.Hashing;
using Starling.Core.Objects;

namespace Starling.Core.Config;

/// <summary>What requests need to know of a bucket, parsed once per version of its properties.</summary>
/// <param name="ChecksumType">Checksum of new objects.</param>
/// <param name="ValidateWarmGet">Verify each read.</param>
/// <param name="ChecksumOfRange">Answer a ranged read with the checksum of the range.</param>
/// <param name="VersioningEnabled">Objects count their versions.</param>
/// <param name="Durability">What an acknowledged write survives.</param>
/// <param name="Access">Permitted operations, see <see cref="Wire.AccessBits"/>.</param>
/// <param name="Copies">Copies per object on one target; 1 without mirroring.</param>
/// <param name="MaxMonolithicSizeBytes">Larger objects must be stored in pieces.</param>
public sealed record BucketSettings(
    ChecksumType ChecksumType, bool ValidateWarmGet, bool ChecksumOfRange, bool VersioningEnabled, Durability Durability, ulong Access, int Copies, long MaxMonolithicSizeBytes)
{
    /// <summary>Whether objects are kept as slices on several targets.</summary>
    public bool IsErasureCoded { get; init; }

    /// <summary>Parses a stored document.</summary>
    /// <exception cref="System.Text.Json.JsonException">The document is damaged.</exception>
    /// <exception cref="FormatException">It holds a checksum type or a durability that this build does not know: another build wrote it.</exception>
    public static BucketSettings Parse(string json)
    {
        var props = BucketPropsDocument.Read(json);
        return new BucketSettings(
            ChecksumTypes.Parse(props.Checksum.Type),
            props.Checksum.ValidateWarmGet,
            props.Checksum.EnableReadRange,
            props.Versioning.Enabled,
            Durabilities.Parse(props.Durability),
            props.Access,
            props.Mirror.Enabled ? Math.Max(1, props.Mirror.Copies) : 1,
            props.Chunks.MaxMonolithicSize.Bytes)
        {
            IsErasureCoded = props.ErasureCoding.Enabled,
        };
    }

    /// <summary>Whether the bucket permits the operation to a client that is not authenticated.</summary>
    public bool Permits(ulong operation) => Wire.AccessBits.Permits(Access, operation);
}
