namespace Starling.Playground.Tour;

/// <summary>What an object must hold: the bytes of a file, or bytes made from a seed, so that nothing is kept in memory twice.</summary>
internal abstract record Content
{
    public abstract ReadOnlyMemory<byte> Bytes();
}

/// <summary>The bytes of a real file.</summary>
internal sealed record FileContent(string Path) : Content
{
    public override ReadOnlyMemory<byte> Bytes() => File.ReadAllBytes(Path);
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
