using System.Buffers.Binary;
using System.Text;
using Starling.Core.Names;
using Starling.Storage.Files;
using Starling.Storage.Layout;

namespace Starling.Storage.Objects;

/// <summary>Which records of a name exist, as file names tell.</summary>
[Flags]
internal enum Slots : byte
{
    None = 0,
    Object = 1,
    Tombstone = 2,
    Leftover = 4,
    Directory = 8,
    Quarantined = 16,
}

/// <summary>
/// The names of one bucket on one mountpath in ordinal order of their UTF-8 bytes. Reads one directory at a time and sorts it; a directory sorts as its
/// name with a slash, which puts <c>a</c>, <c>a-b</c>, <c>a/b</c>, <c>a0</c> in order without reading anything ahead. A directory with more names than
/// the window holds is read again for each window, so that memory is bounded whatever the directory's size.
/// </summary>
internal sealed class TreeCursor
{
    private readonly IFileLayer files;
    private readonly string mountpath;
    private readonly BucketName bucket;
    private readonly ulong bucketId;
    private readonly byte[] prefix;
    private readonly byte[] startAfter;
    private readonly int windowEntries;
    private readonly Stack<Frame> frames = new();
    private readonly byte[] current = new byte[ObjectName.MaxBytes + 1];
    private int currentLength;

    public TreeCursor(IFileLayer files, string mountpath, BucketName bucket, ulong bucketId, string prefix, string startAfter, int windowEntries = int.MaxValue)
    {
        this.files = files;
        this.mountpath = mountpath;
        this.bucket = bucket;
        this.bucketId = bucketId;
        this.prefix = Encoding.UTF8.GetBytes(prefix);
        this.startAfter = Encoding.UTF8.GetBytes(startAfter);
        this.windowEntries = windowEntries;
        Push(Encoding.UTF8.GetBytes(prefix[..(prefix.LastIndexOf('/') + 1)]));
    }

    /// <summary>The name to which <see cref="MoveNext"/> came.</summary>
    public ReadOnlySpan<byte> Current => current.AsSpan(0, currentLength);

    /// <summary>The records that the name has here.</summary>
    public Slots CurrentSlots { get; private set; }

    /// <summary>Directory entries read so far.</summary>
    public long EntriesRead { get; private set; }

    /// <summary>Goes to the next name; false at the end.</summary>
    public bool MoveNext()
    {
        while (frames.TryPeek(out var frame))
        {
            if (!frame.TryTake(current, out currentLength, out var slots))
            {
                if (frame.IsCut)
                {
                    Fill(frame);
                }
                else
                {
                    frames.Pop();
                }

                continue;
            }

            if ((slots & Slots.Directory) == 0)
            {
                if (Current.StartsWith(prefix) && Current.SequenceCompareTo(startAfter) > 0)
                {
                    CurrentSlots = slots;
                    return true;
                }
            }
            else if (MayHold(Current))
            {
                Push(Current.ToArray());
            }
        }

        return false;
    }

    /// <summary>Can names that begin with this directory match the prefix and lie behind the cursor?</summary>
    private bool MayHold(ReadOnlySpan<byte> directory) =>
        (directory.StartsWith(prefix) || prefix.AsSpan().StartsWith(directory))
        && (directory.SequenceCompareTo(startAfter) > 0 || startAfter.AsSpan().StartsWith(directory));

    private void Push(byte[] directory)
    {
        var frame = new Frame(directory, startAfter, windowEntries);
        Fill(frame);
        frames.Push(frame);
    }

    private void Fill(Frame frame)
    {
        frame.Restart();
        Read(frame, Fqn.DirectoryOf(mountpath, bucket, bucketId, Encoding.UTF8.GetString(frame.Directory)), []);
        frame.Sort();
    }

    /// <summary>Continuations of long components are read into the frame of the directory to which they belong, so that one sort orders them all.</summary>
    private void Read(Frame frame, string path, byte[] begun)
    {
        List<byte[]>? continuations = null;
        files.ReadDirectory(
            path,
            (name, isDirectory) =>
            {
                EntriesRead++;
                switch ((char)name[0])
                {
                    case (char)Slot.Object when !isDirectory: frame.Add(begun, name[1..], Slots.Object); break;
                    case (char)Slot.Tombstone when !isDirectory: frame.Add(begun, name[1..], Slots.Tombstone); break;
                    case (char)Slot.Leftover when !isDirectory: frame.Add(begun, name[1..], Slots.Leftover); break;
                    case (char)Slot.Quarantined when !isDirectory: frame.Add(begun, name[1..], Slots.Quarantined); break;
                    case Fqn.DirectoryMark when isDirectory: frame.Add(begun, name[1..], Slots.Directory); break;
                    case Fqn.ContinuationMark when isDirectory: (continuations ??= []).Add(name[1..].ToArray()); break;
                }
            });
        foreach (var part in continuations ?? [])
        {
            Read(frame, $"{path}/{Fqn.ContinuationMark}{Encoding.UTF8.GetString(part)}", [.. begun, .. part]);
        }
    }

    /// <summary>One directory: the names one after the other in one array, entries that point into it.</summary>
    private sealed class Frame
    {
        private readonly byte[] directory;
        private readonly byte[] skipTo;
        private readonly int windowEntries;
        private byte[] names = new byte[1024];
        private int used;
        private Entry[] entries = new Entry[16];
        private int count;
        private int next;

        /// <summary>The greatest name that was taken in the windows before this one; null in the first.</summary>
        private byte[]? taken;

        /// <summary>The greatest name that this window holds, once it had to let go of others.</summary>
        private byte[]? bound;

        public Frame(byte[] directory, byte[] startAfter, int windowEntries)
        {
            this.directory = directory;
            this.windowEntries = windowEntries;
            skipTo = startAfter.AsSpan().StartsWith(directory) ? startAfter[directory.Length..] : [];
        }

        public byte[] Directory => directory;

        /// <summary>Whether the directory has names behind those of this window.</summary>
        public bool IsCut => bound is not null;

        /// <summary>Makes room for the next window.</summary>
        public void Restart() => (taken, bound, used, count, next) = (bound, null, 0, 0, 0);

        public void Add(ReadOnlySpan<byte> begun, ReadOnlySpan<byte> name, Slots slots)
        {
            var isDirectory = slots == Slots.Directory;
            var length = begun.Length + name.Length + (isDirectory ? 1 : 0);
            if (directory.Length + length > ObjectName.MaxBytes + 1)
            {
                return; // No object has such a name: not ours.
            }

            if (used + length > names.Length)
            {
                Array.Resize(ref names, Math.Max(used + length, names.Length * 2));
            }

            if (count == entries.Length)
            {
                Array.Resize(ref entries, count * 2);
            }

            var key = names.AsSpan(used, length);
            begun.CopyTo(key);
            name.CopyTo(key[begun.Length..]);
            if (isDirectory)
            {
                key[^1] = (byte)'/';
            }

            if (IsOutside(key, isDirectory))
            {
                return;
            }

            entries[count++] = new Entry(Head(key), used, (ushort)length, slots);
            used += length;
            if (count / 2 >= windowEntries)
            {
                Cut();
            }
        }

        public void Sort() => entries.AsSpan(0, count).Sort(Compare);

        /// <summary>Before the place at which the walk goes on, before this window, or behind it.</summary>
        private bool IsOutside(ReadOnlySpan<byte> key, bool isDirectory) =>
            (skipTo.Length > 0 && key.SequenceCompareTo(skipTo) <= 0 && !(isDirectory && skipTo.AsSpan().StartsWith(key)))
            || (taken is not null && key.SequenceCompareTo(taken) <= 0)
            || (bound is not null && key.SequenceCompareTo(bound) > 0);

        /// <summary>Lets go of the greater half. The files of one name stay together: what is cut off is read again as a whole.</summary>
        private void Cut()
        {
            Sort();
            var kept = windowEntries;
            while (kept > 0 && Key(entries[kept - 1]).SequenceEqual(Key(entries[kept])))
            {
                kept--;
            }

            if (kept == 0)
            {
                return;
            }

            bound = Key(entries[kept - 1]).ToArray();
            var packed = new byte[names.Length];
            used = 0;
            for (var i = 0; i < kept; i++)
            {
                var key = Key(entries[i]);
                key.CopyTo(packed.AsSpan(used));
                entries[i] = entries[i] with { Offset = used };
                used += key.Length;
            }

            names = packed;
            count = kept;
        }

        /// <summary>The next name in full; files of one name count as one.</summary>
        public bool TryTake(Span<byte> name, out int length, out Slots slots)
        {
            length = 0;
            slots = Slots.None;
            if (next == count)
            {
                return false;
            }

            var key = Key(entries[next]);
            do
            {
                slots |= entries[next++].Slots;
            }
            while (next < count && Key(entries[next]).SequenceEqual(key));

            directory.CopyTo(name);
            key.CopyTo(name[directory.Length..]);
            length = directory.Length + key.Length;
            return true;
        }

        /// <summary>The first eight bytes as a number: decides most comparisons without a look at the names.</summary>
        private static ulong Head(ReadOnlySpan<byte> key)
        {
            if (key.Length >= sizeof(ulong))
            {
                return BinaryPrimitives.ReadUInt64BigEndian(key);
            }

            Span<byte> padded = stackalloc byte[sizeof(ulong)];
            padded.Clear();
            key.CopyTo(padded);
            return BinaryPrimitives.ReadUInt64BigEndian(padded);
        }

        private int Compare(Entry left, Entry right)
        {
            var order = left.Head.CompareTo(right.Head);
            return order != 0 ? order : Key(left).SequenceCompareTo(Key(right));
        }

        private ReadOnlySpan<byte> Key(in Entry entry) => names.AsSpan(entry.Offset, entry.Length);

        private readonly record struct Entry(ulong Head, int Offset, ushort Length, Slots Slots);
    }
}
