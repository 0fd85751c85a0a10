using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;

namespace Starling.Server.Api.Native.Daemon;

/// <summary><c>what=log</c>: the node's log as text, from an offset; all of it as an archive with <c>all=true</c>.</summary>
internal static class LogQuery
{
    /// <summary>Most bytes of text in one answer, which is sent as it is read; a client that follows the log asks on from its new offset.</summary>
    private const int MaxBytes = 16 << 20;

    public static async Task HandleAsync(ApiCall call)
    {
        var file = call.Services.Runtime.LogFile;
        if (call.Query.Get("severity") is { Length: > 0 } severity && severity is not ("info" or "warning" or "error"))
        {
            throw ApiException.Invalid($"invalid severity \"{severity}\": expected info, warning or error");
        }

        if (call.Query.Flag("all"))
        {
            await ArchiveAsync(call, file);
            return;
        }

        var text = call.Query.Get("offset") is { Length: > 0 } given ? given : "0";
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
        {
            throw ApiException.Invalid($"invalid log offset \"{text}\"");
        }

        if (!File.Exists(file))
        {
            await call.TextAsync(string.Empty);
            return;
        }

        await using var stream = Open(file);
        stream.Position = Math.Min(offset, stream.Length);
        var length = Math.Min(stream.Length - stream.Position, MaxBytes);
        Begin(call, "text/plain; charset=utf-8", length);
        if (!call.IsHead)
        {
            await using var part = new PartStream(stream, length);
            await part.CopyToAsync(call.Response.Body, call.Cancelled);
        }
    }

    /// <summary>Everything as it is read: neither the files nor the archive are ever in memory.</summary>
    private static async Task ArchiveAsync(ApiCall call, string file)
    {
        Begin(call, "application/gzip", null);
        if (call.IsHead)
        {
            return;
        }

        await using var zip = new GZipStream(call.Response.Body, CompressionLevel.Fastest, leaveOpen: true);
        await using var tar = new TarWriter(zip, leaveOpen: true);
        try
        {
            foreach (var path in Directory.GetFiles(Path.GetDirectoryName(file)!, Path.GetFileNameWithoutExtension(file) + "*").Order(StringComparer.Ordinal))
            {
                await AddAsync(tar, path, call.Cancelled);
            }
        }
        catch
        {
            // An archive that ends early must not look like a whole one.
            call.Http.Abort();
            throw;
        }
    }

    private static async Task AddAsync(TarWriter tar, string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            return; // The log was rotated since: what was in the file has another name, or is too old to be kept.
        }

        await using var content = Open(path);
        await using var part = new PartStream(content, content.Length);
        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, Path.GetFileName(path)) { DataStream = part }, cancellationToken);
    }

    private static void Begin(ApiCall call, string contentType, long? length)
    {
        BodyDrain.Prepare(call.Http);
        call.Response.ContentType = contentType;
        call.Response.ContentLength = length;
    }

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
}
