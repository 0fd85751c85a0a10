using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Starling.Core.Names;
using Starling.Loader.Options;

namespace Starling.Loader.Report;

/// <summary>The configuration block that every run prints: three blanks of indent, fixed order, zero values left out.</summary>
internal static class RuntimeConfiguration
{
    public static string Format(LoaderOptions options, Uri gateway, BucketName bucket, string nameGetter)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, IndentSize = 3, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("proxy", gateway.GetLeftPart(UriPartial.Authority));
            json.WriteString("bucket", bucket.Cname);
            json.WriteString("duration", options.Duration == LoaderOptions.Unlimited ? "-" : Units.GoDuration(options.Duration));
            json.WriteNumber("# workers", options.Workers);
            json.WriteString("stats interval", Units.GoDuration(options.StatsInterval));
            WriteUnlessZero(json, "% PUT", options.PutPercent);
            WriteUnlessZero(json, "% Update Existing", options.UpdatePercent);
            if (options.PutPercent > 0)
            {
                WriteUnlessZero(json, "minimum object size (bytes)", options.MinSizeBytes);
                WriteUnlessZero(json, "maximum object size (bytes)", options.MaxSizeBytes);
                if (options.TotalPutSizeBytes > 0)
                {
                    json.WriteString("PUT upper bound", options.TotalPutSizeBytes.ToString(CultureInfo.InvariantCulture));
                }
            }

            json.WriteString("name-getter", nameGetter);
            if (options.PutPercent > 0)
            {
                json.WriteString("reader-type", options.ReaderType);
            }

            json.WriteBoolean("cleanup", options.Cleanup == true);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void WriteUnlessZero(Utf8JsonWriter json, string name, long value)
    {
        if (value != 0)
        {
            json.WriteNumber(name, value);
        }
    }
}
