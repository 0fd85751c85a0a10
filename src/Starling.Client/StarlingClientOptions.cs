namespace Starling.Client;

/// <summary>How a <see cref="StarlingClient"/> reaches the cluster. The defaults suit an interactive tool.</summary>
public sealed record StarlingClientOptions
{
    /// <summary>Public addresses of gateways, at least one. The client stays with the one that answered last and moves on when it cannot be reached.</summary>
    public required IReadOnlyList<Uri> Endpoints { get; init; }

    /// <summary>Value of the User-Agent header.</summary>
    public string UserAgent { get; init; } = "ais/cli";

    /// <summary>Deadline of a control request, redirects and retries included.</summary>
    public TimeSpan ControlTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Deadline of one object request with its body; <see cref="Timeout.InfiniteTimeSpan"/> sets none.</summary>
    public TimeSpan ObjectTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Deadline of one TCP connect.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a 503 with an empty body ("starting") is asked again.</summary>
    public int StartingRetries { get; init; } = 8;

    /// <summary>Pause before a "starting" answer is asked again.</summary>
    public TimeSpan StartingRetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// For how long a request is repeated while the cluster answers 503 with <c>Retry-After</c>, or while the target it redirects to refuses connections.
    /// Zero: the first such answer is thrown.
    /// </summary>
    public TimeSpan UnavailableBudget { get; init; } = TimeSpan.Zero;

    /// <summary>True: the budget also covers the time in which no gateway can be reached. For programs that run while everything restarts.</summary>
    public bool WaitForGateways { get; init; }

    /// <summary>Most connections to one node.</summary>
    public int MaxConnectionsPerNode { get; init; } = 256;

    /// <summary>Told of everything that did not go straight: refused, cut, redirected, waited. Called on the request's own path; must be quick and thread-safe.</summary>
    public Action<ClientEvent>? OnEvent { get; init; }

    /// <summary>Source of time for waits and deadlines.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Parses a comma-separated list of gateway addresses; a bare <c>host:port</c> is http.</summary>
    /// <exception cref="FormatException">An address is not an http or https URL; the message names it.</exception>
    public static IReadOnlyList<Uri> ParseEndpoints(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var endpoints = new List<Uri>();
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var address = part.Contains("://", StringComparison.Ordinal) ? part : "http://" + part;
            if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
            {
                throw new FormatException($"invalid endpoint \"{part}\": expecting a URL such as http://localhost:8080");
            }

            endpoints.Add(new Uri(uri.GetLeftPart(UriPartial.Authority)));
        }

        return endpoints.Count > 0 ? endpoints : throw new FormatException("no endpoint given: expecting a URL such as http://localhost:8080");
    }
}
