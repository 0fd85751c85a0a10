namespace Starling.Playground.Tour;

/// <summary>What an object must hold; where it can be made again from a file or a seed it is not kept in memory.</summary>
internal abstract record Content
{
    public abstract ReadOnlyMemory<byte> Bytes();
}

/// <summary>The bytes of a real file.</summary>
internal sealed record FileContent(string Path) : Content
{
    public override ReadOnlyMemory<byte> Bytes() => File.ReadAllBytes(Path);
}

/// <summary>Bytes that a first read returned, where somebody else wrote them.</summary>
internal sealed record ReadContent(byte[] Read) : Content
{
    public override ReadOnlyMemory<byte> Bytes() => Read;
}

/// <summary>Bytes that a seed determines.</summary>
internal sealed record SeededContent(int Seed, int SizeBytes) : Content
{
    public override ReadOnlyMemory<byte> Bytes()
    {
        var bytes = new byte[SizeBytes];
        new Random(Seed).NextBytes(bytes);
        return bytes;
    }
}
