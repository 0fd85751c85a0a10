namespace Starling.Loader.Names;

/// <summary>Which name is read next. Thread safe.</summary>
internal abstract class NamePool
{
    /// <summary>What the runtime configuration calls this way of choosing.</summary>
    public abstract string Label { get; }

    /// <summary>How many names there are.</summary>
    public abstract int Count { get; }

    /// <summary>A name written by this run joins, when this way of choosing allows it.</summary>
    public abstract void Add(string name);

    /// <summary>The next name, or null when there is none.</summary>
    public abstract string? Next();

    /// <summary>The way that fits the workload: any PUTs mean choosing at random, read-only runs go through all names per pass.</summary>
    public static NamePool Create(string[] names, bool anyPuts, bool newBucketOrSkipped, bool epochs, int shuffleMax, Random random)
    {
        if (newBucketOrSkipped || (anyPuts && !epochs))
        {
            return new RandomNonUnique(names, random);
        }

        if (anyPuts)
        {
            return new RandomUnique(names, random);
        }

        return names.Length <= shuffleMax ? new UniqueSequential(names, random) : new UniqueEpochBased(names, random);
    }
}

/// <summary>Chosen at random; names written meanwhile join.</summary>
internal abstract class RandomPool(string[] names, Random random) : NamePool
{
    private readonly Lock gate = new();
    private readonly List<string> pool = [.. names];

    public override int Count
    {
        get
        {
            lock (gate)
            {
                return pool.Count;
            }
        }
    }

    public override void Add(string name)
    {
        lock (gate)
        {
            pool.Add(name);
        }
    }

    public override string? Next()
    {
        lock (gate)
        {
            return pool.Count == 0 ? null : Choose(pool, random);
        }
    }

    /// <summary>Chooses one of the names, of which there is at least one; under the lock.</summary>
    protected abstract string Choose(List<string> names, Random random);
}

/// <summary>Uniform with replacement.</summary>
internal sealed class RandomNonUnique(string[] names, Random random) : RandomPool(names, random)
{
    public override string Label => "random non-unique";

    protected override string Choose(List<string> names, Random random) => names[random.Next(names.Count)];
}

/// <summary>No name twice until every one was read; then again.</summary>
internal sealed class RandomUnique(string[] names, Random random) : RandomPool(names, random)
{
    private int used;

    public override string Label => "random unique";

    protected override string Choose(List<string> names, Random random)
    {
        if (used == names.Count)
        {
            used = 0;
        }

        // One step of a Fisher-Yates shuffle: what was read moves to the front.
        var pick = random.Next(used, names.Count);
        (names[used], names[pick]) = (names[pick], names[used]);
        return names[used++];
    }
}

/// <summary>A fresh shuffle of all names per pass.</summary>
internal sealed class UniqueSequential : NamePool
{
    private readonly Lock gate = new();
    private readonly string[] order;
    private readonly Random random;
    private int next;

    public UniqueSequential(string[] names, Random random)
    {
        order = [.. names];
        this.random = random;
        random.Shuffle(order);
    }

    public override string Label => "unique sequential";

    public override int Count => order.Length;

    public override void Add(string name)
    {
        // Read-only by definition: what others write is not read in this run.
    }

    public override string? Next()
    {
        lock (gate)
        {
            if (order.Length == 0)
            {
                return null;
            }

            if (next == order.Length)
            {
                random.Shuffle(order);
                next = 0;
            }

            return order[next++];
        }
    }
}

/// <summary>A pass without memory of its own: an affine sequence modulo a prime, skipping what lies beyond the names.</summary>
internal sealed class UniqueEpochBased : NamePool
{
    private readonly Lock gate = new();
    private readonly string[] names;
    private readonly Random random;
    private readonly long prime;
    private long step;
    private long position;
    private long visited;

    public UniqueEpochBased(string[] names, Random random)
    {
        this.names = names;
        this.random = random;
        prime = NextPrime(names.Length);
        NewPass();
    }

    public override string Label => "unique epoch-based";

    public override int Count => names.Length;

    public override void Add(string name)
    {
        // Read-only by definition: what others write is not read in this run.
    }

    public override string? Next()
    {
        lock (gate)
        {
            if (names.Length == 0)
            {
                return null;
            }

            while (true)
            {
                if (visited == prime)
                {
                    NewPass();
                }

                var index = position;
                position = (position + step) % prime;
                visited++;
                if (index < names.Length)
                {
                    return names[index];
                }
            }
        }
    }

    private static long NextPrime(long from)
    {
        for (var candidate = Math.Max(from, 2); ; candidate++)
        {
            var isPrime = true;
            for (long divisor = 2; divisor * divisor <= candidate && isPrime; divisor++)
            {
                isPrime = candidate % divisor != 0;
            }

            if (isPrime)
            {
                return candidate;
            }
        }
    }

    private void NewPass()
    {
        step = prime == 2 ? 1 : random.NextInt64(1, prime);
        position = random.NextInt64(prime);
        visited = 0;
    }
}
