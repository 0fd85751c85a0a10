using System.Globalization;
using System.Numerics;

namespace Starling.Loader.Names;

/// <summary>Names of new objects: 32 random letters, or a hexadecimal counter that leaves room for the number of the loader.</summary>
internal sealed class PutNames(string subDirectory, int subDirectories, bool randomNames, int loaderCount, string loaderId, Random random)
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    private readonly Lock gate = new();
    private long counter;

    public string Next()
    {
        lock (gate)
        {
            var number = counter++;
            var name = randomNames && loaderCount == 0 ? random.GetString(Alphabet, 32) : Numbered(number);
            var spread = subDirectories == 0 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"{number % subDirectories:x5}/");
            return (subDirectory.Length == 0 ? string.Empty : subDirectory + "/") + spread + name;
        }
    }

    private string Numbered(long number)
    {
        // Bits for the loader's number, rounded up to a whole hexadecimal digit.
        var bits = loaderCount <= 1 ? 0 : (BitOperations.Log2((uint)loaderCount - 1) + 4) / 4 * 4;
        var id = bits == 0 ? 0 : long.Parse(loaderId, CultureInfo.InvariantCulture);
        return ((number << bits) | id).ToString("x", CultureInfo.InvariantCulture);
    }
}

/// <summary>Random letters from a seeded generator.</summary>
internal static class RandomText
{
    public static string GetString(this Random random, string alphabet, int length) => string.Create(length, (random, alphabet), static (span, state) =>
    {
        foreach (ref var c in span)
        {
            c = state.alphabet[state.random.Next(state.alphabet.Length)];
        }
    });
}
