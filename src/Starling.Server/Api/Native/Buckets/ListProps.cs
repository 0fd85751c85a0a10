namespace Starling.Server.Api.Native.Buckets;

/// <summary>Which properties of objects a listing shows. Clients write them as one text; a property is wanted when its name occurs anywhere in it.</summary>
internal sealed record ListProps(bool Size, bool Version, bool Checksum, bool AccessTime, bool Location, bool Custom, bool Copies)
{
    /// <summary>True when more than name and size is wanted.</summary>
    public bool NeedsAttributes => Version || Checksum || AccessTime || Location || Custom;

    /// <summary>Reads the text and the flags.</summary>
    public static ListProps Of(string props, bool nameOnly, bool nameSize, bool cached)
    {
        var text = props.Length > 0 ? props : cached ? "name,size,checksum,atime" : "name,size,cached";
        if (nameOnly || text == "name")
        {
            return new ListProps(false, false, false, false, false, false, false);
        }

        if (nameSize || text == "name,size")
        {
            return new ListProps(true, false, false, false, false, false, false);
        }

        return new ListProps(Has("size"), Has("version"), Has("checksum"), Has("atime"), Has("location"), Has("custom"), Has("copies"));

        bool Has(string name) => text.Contains(name, StringComparison.Ordinal);
    }
}
