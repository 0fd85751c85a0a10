using Starling.Cli.Commands.Buckets;
using Starling.Cli.Naming;
using Starling.Client;

namespace Starling.Cli.Commands.Objects;

/// <summary>Says of a 404 which of the two does not exist, the object or its bucket.</summary>
internal static class ObjectErrors
{
    public static async Task<T> OnAsync<T>(CliSession session, BucketUri uri, Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (ApiException error) when (error.IsNotFound)
        {
            var bucketExists = error.TypeCode != "ErrBckNotFound" && await session.Client.Buckets.ExistsAsync(uri.Bucket, session.Cancellation).ConfigureAwait(false);
            throw bucketExists ? new CliException($"object \"{uri.Rest}\" not found in {uri.Bucket.Cname}", ExitCode.NotFound) : BucketErrors.NotFound(uri.Bucket);
        }
    }
}
