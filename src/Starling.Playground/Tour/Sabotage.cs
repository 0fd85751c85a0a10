using Starling.Playground.Nodes;

namespace Starling.Playground.Tour;

/// <summary>Damages one object behind the cluster's back, to prove that the tour can fail.</summary>
internal static class Sabotage
{
    /// <summary>Applies the mode and returns the name of the object that the tour must name.</summary>
    public static async Task<string> ApplyAsync(string mode, Supervisor supervisor, TourClient client, Ledger ledger, ActRecord act, CancellationToken cancellation)
    {
        if (mode == "resurrect-one")
        {
            var gone = ledger.DeletedNames()[0];
            await client.PutAsync(gone, new SeededContent(1, 100), act, cancellation);
            return gone;
        }

        var (name, file) = FindFile(supervisor, ledger);
        if (mode == "lose-one")
        {
            File.Delete(file);
            return name;
        }

        await using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
        var first = stream.ReadByte();
        stream.Position = 0;
        stream.WriteByte((byte)(first ^ 1));
        return name;
    }

    /// <summary>An object of the ledger and the file that holds its bytes, found by content so that no knowledge of the layout is needed.</summary>
    private static (string Name, string File) FindFile(Supervisor supervisor, Ledger ledger)
    {
        var candidates = ledger.LiveNames().Where(name => name.StartsWith("small/", StringComparison.Ordinal)).Take(200)
            .Select(name => (Name: name, Bytes: ledger.Expected(name)!.Bytes())).Where(candidate => candidate.Bytes.Length >= 64).ToArray();
        var bySize = candidates.ToLookup(candidate => (long)candidate.Bytes.Length);
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None };
        foreach (var file in Directory.EnumerateFiles(Path.Combine(supervisor.Directory.Root, "mountpaths"), "*", options))
        {
            foreach (var (name, bytes) in bySize[new FileInfo(file).Length])
            {
                if (bytes.Span.SequenceEqual(File.ReadAllBytes(file)))
                {
                    return (name, file);
                }
            }
        }

        throw new PlaygroundException("found no file to sabotage: is the cluster of this playground the one that holds the tour's objects?");
    }
}
