using System.Diagnostics.CodeAnalysis;

namespace Starling.Core.Wire.MessagePack;

/// <summary>Reads a page of names out of msgpack: keys in any order, unknown ones skipped, integers of any width, nothing allocated beyond what the input can hold.</summary>
public static class ObjectListReader
{
    /// <summary>An entry that says nothing but a short name: map, key, text. Smaller ones are possible and only make a list grow later.</summary>
    private const int SmallestEntryBytes = 5;

    /// <summary>Reads a page; false with what is wrong and at which byte.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out ListResultWire? page, [NotNullWhen(false)] out string? error)
    {
        if (!TryRead(bytes, static entry => entry with { }, out page, out var entries, out error))
        {
            return false;
        }

        page.Entries = entries ?? [];
        return true;
    }

    /// <summary>As the other one, for large pages: each entry is given to <paramref name="convert"/> at once, and the object that holds it is used again for the next one.</summary>
    /// <param name="bytes">The input.</param>
    /// <param name="convert">Makes what is kept of an entry.</param>
    /// <param name="page">The page without its entries.</param>
    /// <param name="entries">What <paramref name="convert"/> made; null when the page has no list of entries.</param>
    /// <param name="error">What is wrong.</param>
    public static bool TryRead<T>(
        ReadOnlySpan<byte> bytes,
        Func<ListEntryWire, T> convert,
        [NotNullWhen(true)] out ListResultWire? page,
        out List<T>? entries,
        [NotNullWhen(false)] out string? error)
    {
        var reader = new MsgpackReader(bytes);
        var result = new ListResultWire();
        var good = TryPage(ref reader, result, convert, out entries);
        error = good ? null : reader.Error ?? "invalid msgpack";
        if (good && reader.Remaining > 0)
        {
            error = $"invalid msgpack: {reader.Remaining} bytes after the page";
        }

        page = error is null ? result : null;
        return page is not null;
    }

    /// <summary>Reads what the request for the next page needs, without reading the entries; false when it does not come before them.</summary>
    public static bool TryReadToken(ReadOnlySpan<byte> bytes, out string uuid, out string token)
    {
        var reader = new MsgpackReader(bytes);
        token = string.Empty;
        uuid = string.Empty;
        return reader.TryMapHeader(out var members)
            && members >= 2
            && reader.TryTextBytes(out var first) && first.SequenceEqual("UUID"u8) && reader.TryText(out uuid)
            && reader.TryTextBytes(out var second) && second.SequenceEqual("ContinuationToken"u8) && reader.TryText(out token);
    }

    private static bool TryPage<T>(ref MsgpackReader reader, ListResultWire page, Func<ListEntryWire, T> convert, out List<T>? entries)
    {
        entries = null;
        if (!reader.TryMapHeader(out var members))
        {
            return false;
        }

        for (; members > 0; members--)
        {
            if (!reader.TryTextBytes(out var key)
                || !(key.SequenceEqual("Entries"u8) ? TryEntries(ref reader, convert, out entries) : TryMember(ref reader, key, page)))
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

        if (key.SequenceEqual("Flags"u8))
        {
            var good = reader.TryInteger(out var flags);
            page.Flags = unchecked((uint)flags);
            return good;
        }

        return reader.TrySkip();
    }

    private static bool TryEntries<T>(ref MsgpackReader reader, Func<ListEntryWire, T> convert, out List<T>? entries)
    {
        entries = null;
        if (!reader.TryArrayHeader(out var count))
        {
            return false;
        }

        entries = new List<T>(Math.Min(count, reader.Remaining / SmallestEntryBytes));
        var entry = new ListEntryWire();
        for (; count > 0; count--)
        {
            Clear(entry);
            if (!TryEntry(ref reader, entry))
            {
                return false;
            }

            entries.Add(convert(entry));
        }

        return true;
    }

    private static void Clear(ListEntryWire entry)
    {
        entry.Name = string.Empty;
        entry.Checksum = entry.AccessTime = entry.Version = entry.Location = entry.Custom = null;
        entry.SizeBytes = 0;
        entry.Copies = 0;
        entry.Flags = 0;
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
