using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Starling.Core.Names;

namespace Starling.Storage.Layout;

/// <summary>Which record of a name a file holds; the first character of the file's name, so that a listing need not open it.</summary>
public enum Slot
{
    /// <summary>A live object.</summary>
    Object = 'o',

    /// <summary>A live tombstone.</summary>
    Tombstone = 't',

    /// <summary>A leftover of either kind.</summary>
    Leftover = 'l',

    /// <summary>Set aside.</summary>
    Quarantined = 'q',
}

/// <summary>Where the records of one name lie on one mountpath: one directory, one file per slot.</summary>
/// <param name="Directory">Absolute path of the directory.</param>
/// <param name="Leaf">The file's name without the slot's character.</param>
public readonly record struct RecordPlace(string Directory, string Leaf)
{
    /// <summary>Absolute path of the file for a slot.</summary>
    public string File(Slot slot) => $"{Directory}/{(char)slot}{Leaf}";
}

/// <summary>
/// The layout of a mountpath. An object lies at <c>@provider/namespace/bucket.id/ob/...</c>. The bucket id (16 hexadecimal digits) keeps a bucket that
/// was made again apart from its predecessor. Below <c>ob</c> every component of the object's name is a directory <c>d...</c> and the last one a file
/// <c>o...</c>, so that the objects <c>a</c> and <c>a/b</c> may both exist. A component of more than 250 bytes is continued in directories <c>c...</c>.
/// </summary>
public static class Fqn
{
    /// <summary>The store's own directory on a mountpath.</summary>
    public const string SystemDirectory = ".starling";

    /// <summary>Bytes of UTF-8 of an object name's component that one directory entry takes; the kernel takes 255 with the leading character.</summary>
    public const int MaxEntryBytes = 250;

    /// <summary>First character of a directory for a component.</summary>
    public const char DirectoryMark = 'd';

    /// <summary>First character of a directory for the first part of a component that goes on inside.</summary>
    public const char ContinuationMark = 'c';

    /// <summary>Directory of a bucket.</summary>
    public static string BucketDirectory(string mountpath, BucketName bucket, ulong bucketId)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        return $"{mountpath}/@{bucket.Provider}/{bucket.Namespace}/{bucket.Name}.{bucketId:x16}";
    }

    /// <summary>Directory under which the objects of a bucket lie.</summary>
    public static string ObjectsDirectory(string mountpath, BucketName bucket, ulong bucketId) => BucketDirectory(mountpath, bucket, bucketId) + "/ob";

    /// <summary>Where the records of a name lie.</summary>
    public static RecordPlace Place(string mountpath, ObjectName name, ulong bucketId)
    {
        ArgumentNullException.ThrowIfNull(name);
        var path = new StringBuilder(ObjectsDirectory(mountpath, name.Bucket, bucketId), 256);
        var last = AppendDirectories(path, name.Name);
        var leaf = AppendContinuations(path, last).ToString();
        return new RecordPlace(path.ToString(), leaf);
    }

    /// <summary>The directory that holds the names beginning with a prefix.</summary>
    /// <param name="mountpath">Path of the mountpath.</param>
    /// <param name="bucket">The bucket.</param>
    /// <param name="bucketId">Its id.</param>
    /// <param name="prefix">Empty, or ending in a slash.</param>
    public static string DirectoryOf(string mountpath, BucketName bucket, ulong bucketId, ReadOnlySpan<char> prefix)
    {
        var path = new StringBuilder(ObjectsDirectory(mountpath, bucket, bucketId), 256);
        AppendDirectories(path, prefix);
        return path.ToString();
    }

    /// <summary>Reads bucket and id back from the names of a bucket's directories.</summary>
    /// <param name="provider">Name of the provider's directory, <c>@ais</c>.</param>
    /// <param name="namespace">Name of the namespace's directory, <c>@#</c>.</param>
    /// <param name="directory">Name of the bucket's directory, <c>bucket.00000000000000ab</c>.</param>
    /// <param name="bucket">The bucket.</param>
    /// <param name="bucketId">Its id.</param>
    public static bool TryParseBucketDirectory(string provider, string @namespace, string directory, [NotNullWhen(true)] out BucketName? bucket, out ulong bucketId)
    {
        ArgumentNullException.ThrowIfNull(provider);
        ArgumentNullException.ThrowIfNull(directory);
        bucket = null;
        bucketId = 0;
        var dot = directory.Length - 17;
        return provider.StartsWith('@')
            && dot > 0
            && directory[dot] == '.'
            && ulong.TryParse(directory.AsSpan(dot + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bucketId)
            && BucketName.TryParse(provider[1..], @namespace, directory[..dot], out bucket, out _);
    }

    /// <summary>Appends a directory for every component that a slash ends; what follows the last slash is returned.</summary>
    private static ReadOnlySpan<char> AppendDirectories(StringBuilder path, ReadOnlySpan<char> name)
    {
        for (var slash = name.IndexOf('/'); slash >= 0; slash = name.IndexOf('/'))
        {
            var last = AppendContinuations(path, name[..slash]);
            path.Append('/').Append(DirectoryMark).Append(last);
            name = name[(slash + 1)..];
        }

        return name;
    }

    /// <summary>Appends a directory for every full part of a long component; the last part is returned.</summary>
    private static ReadOnlySpan<char> AppendContinuations(StringBuilder path, ReadOnlySpan<char> component)
    {
        for (var part = PartLength(component); part < component.Length; part = PartLength(component))
        {
            path.Append('/').Append(ContinuationMark).Append(component[..part]);
            component = component[part..];
        }

        return component;
    }

    /// <summary>How many characters of a component fit into one entry: all, or as many whole code points as <see cref="MaxEntryBytes"/> bytes take.</summary>
    private static int PartLength(ReadOnlySpan<char> component)
    {
        if (component.Length * 3 <= MaxEntryBytes || Encoding.UTF8.GetByteCount(component) <= MaxEntryBytes)
        {
            return component.Length;
        }

        var bytes = 0;
        var characters = 0;
        foreach (var rune in component.EnumerateRunes())
        {
            if (bytes + rune.Utf8SequenceLength > MaxEntryBytes)
            {
                break;
            }

            bytes += rune.Utf8SequenceLength;
            characters += rune.Utf16SequenceLength;
        }

        return characters;
    }
}
