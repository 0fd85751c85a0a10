using Starling.Client;
using Starling.Core.Names;

namespace Starling.Cli.Commands.Buckets;

/// <summary>Says of a refusal what the user has to know, in the same words everywhere.</summary>
internal static class BucketErrors
{
    /// <summary>Runs a call on a bucket; a 404 says which bucket does not exist and how to see those that do.</summary>
    public static async Task<T> OnAsync<T>(BucketName bucket, Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (ApiException error) when (error.IsNotFound)
        {
            throw NotFound(bucket);
        }
    }

    public static CliException NotFound(BucketName bucket) =>
        new($"bucket \"{bucket.Cname}\" does not exist (run 'ais ls' to see all, 'ais create {bucket.Cname}' to create it)", ExitCode.NotFound);
}
