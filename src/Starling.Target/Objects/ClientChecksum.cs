using Starling.Core.Errors;
using Starling.Storage.Objects;

namespace Starling.Target.Objects;

/// <summary>The checksum that a client sends along with a body. When the bucket stores the same type, the stored one is compared; else a second one is computed.</summary>
internal sealed class ClientChecksum : IDisposable
{
    private readonly ContentChecksum checksum;

    private ClientChecksum(ContentChecksum checksum) => this.checksum = checksum;

    /// <summary>Whether a name is a known type.</summary>
    public static bool IsKnown(string type) => type is "none" or "xxhash" or "xxhash2" or "md5" or "crc32c" or "sha256" or "sha512";

    /// <summary>Starts the second computation; null when none is needed.</summary>
    public static ClientChecksum? Start(string clientType, string bucketType) =>
        clientType is "" or "none" || Same(clientType, bucketType) ? null : new ClientChecksum(ContentChecksum.Create(clientType));

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
    public string Value() => checksum.Value();

    public void Dispose() => checksum.Dispose();

    private static bool Same(string left, string right) => left == right || (left is "xxhash" or "xxhash2" && right is "xxhash" or "xxhash2");
}
