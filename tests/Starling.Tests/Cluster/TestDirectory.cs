namespace Starling.Tests.Cluster;

/// <summary>A directory of its own for one test, gone afterwards.</summary>
internal sealed class TestDirectory : IDisposable
{
    public TestDirectory() => Root = Directory.CreateTempSubdirectory("starling-").FullName;

    public string Root { get; }

    public string Sub(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
