using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Starling.Server.Logging;

/// <summary>One message on its way to the file and the console.</summary>
/// <param name="Time">Wall clock.</param>
/// <param name="Level">How bad.</param>
/// <param name="Category">Who says it.</param>
/// <param name="Message">The text, formatted.</param>
/// <param name="Error">With its trace.</param>
/// <param name="Fields">Named values of the message and of the scopes around it (request id).</param>
internal sealed record LogLine(
    DateTimeOffset Time, LogLevel Level, string Category, string Message, Exception? Error, IReadOnlyList<KeyValuePair<string, object?>> Fields)
{
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string Time3339(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    /// <summary>One JSON object and a line feed.</summary>
    public void WriteJson(IBufferWriter<byte> output, string nodeId)
    {
        using (var json = new Utf8JsonWriter(output, Json))
        {
            json.WriteStartObject();
            json.WriteString("time", Time3339(Time));
            json.WriteString("level", Level.ToString().ToLowerInvariant());
            json.WriteString("node", nodeId);
            json.WriteString("from", Category);
            json.WriteString("message", Message);
            foreach (var (name, value) in Fields)
            {
                if (name != "{OriginalFormat}")
                {
                    json.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture));
                }
            }

            if (Error is not null)
            {
                json.WriteString("error", Error.ToString());
            }

            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    /// <summary>For people: time, level letter, text; a message never spans lines except for a trace.</summary>
    public string ToText()
    {
        var text = new StringBuilder()
            .Append(Time.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture)).Append(' ')
            .Append(Level switch { LogLevel.Critical => 'C', LogLevel.Error => 'E', LogLevel.Warning => 'W', LogLevel.Information => 'I', _ => 'D' })
            .Append(' ').Append(Category).Append(": ").Append(Message.ReplaceLineEndings(" "));
        if (Error is not null)
        {
            text.Append('\n').Append(Error);
        }

        return text.ToString();
    }
}
