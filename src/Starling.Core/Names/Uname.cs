using System.Diagnostics.CodeAnalysis;

namespace Starling.Core.Names;

/// <summary>Parses unames as queries carry them: <c>bck_to</c> and <c>object_to</c>.</summary>
public static class Uname
{
    /// <summary>Parses <c>provider/namespace/bucket/</c>; the slash at the end is part of it.</summary>
    public static bool TryParseBucket(string? text, [NotNullWhen(true)] out BucketName? bucket, [NotNullWhen(false)] out string? error)
    {
        if (!TrySplit(text, out bucket, out var rest, out error))
        {
            return false;
        }

        error = rest.Length == 0 ? null : $"invalid bucket uname \"{text}\": expected provider/@uuid#namespace/bucket/";
        bucket = error is null ? bucket : null;
        return bucket is not null;
    }

    /// <summary>Parses <c>provider/namespace/bucket/object</c>.</summary>
    public static bool TryParseObject(string? text, [NotNullWhen(true)] out ObjectName? name, [NotNullWhen(false)] out string? error)
    {
        name = null;
        return TrySplit(text, out var bucket, out var rest, out error) && ObjectName.TryParse(bucket, rest, out name, out error);
    }

    private static bool TrySplit(string? text, [NotNullWhen(true)] out BucketName? bucket, out string rest, [NotNullWhen(false)] out string? error)
    {
        bucket = null;
        rest = string.Empty;
        var parts = (text ?? string.Empty).Split('/', 4);
        if (parts.Length < 4 || !parts[1].StartsWith('@'))
        {
            error = $"invalid uname \"{text}\": expected provider/@uuid#namespace/bucket/object";
            return false;
        }

        rest = parts[3];
        return BucketName.TryParse(parts[0], parts[1], parts[2], out bucket, out error);
    }
}
