using Starling.Core.Errors;
using Starling.Core.Hashing;

namespace Starling.Target.Objects;

/// <summary>The checksum that a client sends along with a body. When the bucket stores the same type, the stored one is compared; else a second one is computed.</summary>
internal sealed class ClientChecksum : IDisposable
{
    private readonly IncrementalChecksum checksum;

    private ClientChecksum(IncrementalChecksum checksum) => this.checksum = checksum;

    /// <summary>Whether a name is a known type.</summary>
    public static bool IsKnown(string type) => ChecksumTypes.TryParse(type, out _);

    /// <summary>Starts the second computation; null when none is needed.</summary>
    public static ClientChecksum? Start(string clientType, string bucketType) =>
        clientType is "" or "none" || Same(clientType, bucketType) ? null : new ClientChecksum(IncrementalChecksum.Create(ChecksumTypes.Parse(clientType)));

    /// <summary>Compares.</summary>
    /// <exception cref="StoreException">ChecksumMismatch: the body is not what the client meant to send.</exception>
    public static void Verify(PutRequest request, string computed)
    {
        if (request.ChecksumType is "" or "none" || request.ChecksumValue.Length == 0 || request.ChecksumValue.Equals(computed, StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        throw new StoreException(
            ErrorCode.ChecksumMismatch,
            $"BAD DATA CHECKSUM: {request.Name.Cname}: {request.ChecksumType}({request.ChecksumValue}) sent, {request.ChecksumType}({computed}) received");
    }

    /// <summary>Takes the next bytes.</summary>
    public void Append(ReadOnlySpan<byte> data) => checksum.Append(data);

    /// <summary>The result, lower-case hexadecimal.</summary>
    public string Value() => checksum.FinishHex();

    public void Dispose() => checksum.Dispose();

    private static bool Same(string left, string right) => left == right || (left is "xxhash" or "xxhash2" && right is "xxhash" or "xxhash2");
}
