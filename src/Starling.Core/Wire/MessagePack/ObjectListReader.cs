using System.Diagnostics.CodeAnalysis;

namespace Starling.Core.Wire.MessagePack;

/// <summary>Reads a page of names out of msgpack: keys in any order, unknown ones skipped, integers of any width, nothing allocated beyond what the input can hold.</summary>
public static class ObjectListReader
{
    /// <summary>Reads a page; false with what is wrong and at which byte.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out ListResultWire? page, [NotNullWhen(false)] out string? error)
    {
        var reader = new MsgpackReader(bytes);
        var result = new ListResultWire();
        var good = TryPage(ref reader, result);
        error = good ? null : reader.Error ?? "invalid msgpack";
        if (good && reader.Remaining > 0)
        {
            error = $"invalid msgpack: {reader.Remaining} bytes after the page";
        }

        page = error is null ? result : null;
        return page is not null;
    }

    private static bool TryPage(ref MsgpackReader reader, ListResultWire page)
    {
        if (!reader.TryMapHeader(out var members))
        {
            return false;
        }

        for (; members > 0; members--)
        {
            if (!reader.TryTextBytes(out var key) || !TryMember(ref reader, key, page))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryMember(ref MsgpackReader reader, ReadOnlySpan<byte> key, ListResultWire page)
    {
        if (key.SequenceEqual("UUID"u8))
        {
            var good = reader.TryText(out var uuid);
            page.Uuid = uuid;
            return good;
        }

        if (key.SequenceEqual("ContinuationToken"u8))
        {
            var good = reader.TryText(out var token);
            page.ContinuationToken = token;
            return good;
        }

        if (key.SequenceEqual("Entries"u8))
        {
            var good = TryEntries(ref reader, out var entries);
            page.Entries = entries;
            return good;
        }

        if (key.SequenceEqual("Flags"u8))
        {
            var good = reader.TryInteger(out var flags);
            page.Flags = unchecked((uint)flags);
            return good;
        }

        return reader.TrySkip();
    }

    private static bool TryEntries(ref MsgpackReader reader, out List<ListEntryWire> entries)
    {
        entries = [];
        if (!reader.TryArrayHeader(out var count))
        {
            return false;
        }

        for (; count > 0; count--)
        {
            var entry = new ListEntryWire();
            if (!TryEntry(ref reader, entry))
            {
                return false;
            }

            entries.Add(entry);
        }

        return true;
    }

    private static bool TryEntry(ref MsgpackReader reader, ListEntryWire entry)
    {
        if (!reader.TryMapHeader(out var members))
        {
            return false;
        }

        for (; members > 0; members--)
        {
            if (!reader.TryTextBytes(out var key) || !TryEntryMember(ref reader, key, entry))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryEntryMember(ref MsgpackReader reader, ReadOnlySpan<byte> key, ListEntryWire entry)
    {
        var text = string.Empty;
        var number = 0L;
        bool good;
        switch (key)
        {
            case [(byte)'n']:
                good = reader.TryText(out text);
                entry.Name = text;
                return good;
            case [(byte)'c', (byte)'s']:
                good = reader.TryText(out text);
                entry.Checksum = text;
                return good;
            case [(byte)'a']:
                good = reader.TryText(out text);
                entry.AccessTime = text;
                return good;
            case [(byte)'v']:
                good = reader.TryText(out text);
                entry.Version = text;
                return good;
            case [(byte)'t']:
                good = reader.TryText(out text);
                entry.Location = text;
                return good;
            case [(byte)'m']:
                good = reader.TryText(out text);
                entry.Custom = text;
                return good;
            case [(byte)'s']:
                good = reader.TryInteger(out number);
                entry.SizeBytes = number;
                return good;
            case [(byte)'c']:
                good = reader.TryInteger(out number);
                entry.Copies = unchecked((int)number);
                return good;
            case [(byte)'f']:
                good = reader.TryInteger(out number);
                entry.Flags = unchecked((ushort)number);
                return good;
            default:
                return reader.TrySkip();
        }
    }
}
