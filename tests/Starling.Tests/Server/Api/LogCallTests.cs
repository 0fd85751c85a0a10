using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Text;
using Xunit;

namespace Starling.Tests.Server.Api;

[Collection(ApiClusterGroup.Name)]
public sealed class LogCallTests(ApiCluster cluster)
{
    private string LogFile => cluster.Nodes[0].Runtime.LogFile;

    [Fact]
    public async Task The_log_comes_as_text_from_an_offset_on()
    {
        var bytes = await ReadAsync(LogFile);
        var whole = await TextAsync("what=log");
        Assert.StartsWith(Encoding.UTF8.GetString(bytes), whole, StringComparison.Ordinal);
        Assert.StartsWith(Encoding.UTF8.GetString(bytes[10..]), await TextAsync("what=log&offset=10"), StringComparison.Ordinal);
        Assert.Equal(string.Empty, await TextAsync("what=log&offset=999999999999"));
        using var bad = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/daemon?what=log&offset=-1");
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
    }

    [Fact]
    public async Task I25_all_of_the_log_comes_as_an_archive_that_is_sent_as_it_is_read()
    {
        var older = Path.Combine(Path.GetDirectoryName(LogFile)!, Path.GetFileName(LogFile) + ".9");
        var content = new byte[3_000_001];
        new Random(1).NextBytes(content);
        await File.WriteAllBytesAsync(older, content);
        var expected = await ReadAsync(LogFile);
        using var answer = await cluster.Http.GetAsync($"{cluster.Gateway}/v1/daemon?what=log&all=true", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("application/gzip", answer.Content.Headers.ContentType!.ToString());

        // Nobody knows the length before the end: it was not put together in memory.
        Assert.Null(answer.Content.Headers.ContentLength);
        await using var zip = new GZipStream(await answer.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        await using var tar = new TarReader(zip);
        var files = new Dictionary<string, byte[]>();
        while (await tar.GetNextEntryAsync(copyData: true) is { } entry)
        {
            using var copy = new MemoryStream();
            await (entry.DataStream ?? Stream.Null).CopyToAsync(copy);
            files[entry.Name] = copy.ToArray();
        }

        File.Delete(older);
        Assert.Equal(content, files[Path.GetFileName(older)]);
        Assert.Equal(expected, files[Path.GetFileName(LogFile)][..expected.Length]);
    }

    /// <summary>The log as it is, at least one line of it.</summary>
    private static async Task<byte[]> ReadAsync(string path)
    {
        await File.AppendAllTextAsync(path, "a line of the log\n");
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var copy = new MemoryStream();
        await file.CopyToAsync(copy);
        return copy.ToArray();
    }

    private async Task<string> TextAsync(string query)
    {
        using var answer = await cluster.SendAsync(HttpMethod.Get, $"{cluster.Gateway}/v1/daemon?{query}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }
}
