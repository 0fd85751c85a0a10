using System.Text.Encodings.Web;
using System.Text.Json;

namespace Starling.Server.Api.Native;

/// <summary>Writes small JSON answers by hand: the order of members and the kinds of numbers are part of the wire.</summary>
internal static class JsonText
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The bytes that a writer callback makes.</summary>
    public static byte[] Write(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            write(json);
        }

        return buffer.ToArray();
    }
}
