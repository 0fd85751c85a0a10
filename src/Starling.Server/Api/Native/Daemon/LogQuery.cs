using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;

namespace Starling.Server.Api.Native.Daemon;

/// <summary><c>what=log</c>: the node's log as text, from an offset; all of it as an archive with <c>all=true</c>.</summary>
internal static class LogQuery
{
    /// <summary>Most bytes of text in one answer; a client that follows the log asks on from its new offset.</summary>
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

        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var left = Math.Clamp(stream.Length - offset, 0, MaxBytes);
        stream.Position = Math.Min(offset, stream.Length);
        var bytes = new byte[left];
        var count = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, call.Cancelled);
        await call.BytesAsync(bytes.AsMemory(0, count), "text/plain; charset=utf-8");
    }

    private static async Task ArchiveAsync(ApiCall call, string file)
    {
        using var buffer = new MemoryStream();
        await using (var zip = new GZipStream(buffer, CompressionLevel.Fastest, leaveOpen: true))
        await using (var tar = new TarWriter(zip))
        {
            foreach (var part in Directory.GetFiles(Path.GetDirectoryName(file)!, Path.GetFileNameWithoutExtension(file) + "*").Order(StringComparer.Ordinal))
            {
                await using var content = new FileStream(part, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                using var copy = new MemoryStream();
                await content.CopyToAsync(copy, call.Cancelled);
                copy.Position = 0;
                await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, Path.GetFileName(part)) { DataStream = copy }, call.Cancelled);
            }
        }

        await call.BytesAsync(buffer.ToArray(), "application/gzip");
    }
}
