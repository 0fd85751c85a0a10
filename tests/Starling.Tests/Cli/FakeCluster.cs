using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Starling.Core.Hashing;
using Starling.Core.Wire;
using Starling.Tests.Client;

namespace Starling.Tests.Cli;

/// <summary>One gateway that answers for a whole cluster: three gateways, three targets, buckets in memory. Answers are made with the server's own wire records.</summary>
internal sealed class FakeCluster : IAsyncDisposable
{
    private FakeNode? node;

    public SortedDictionary<string, SnodeWire> Gateways { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, SnodeWire> Targets { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, NodeStatusWire> Status { get; } = new(StringComparer.Ordinal);

    public ConcurrentDictionary<string, ConcurrentDictionary<string, byte[]>> Buckets { get; } = new(StringComparer.Ordinal);

    public JsonObject Config { get; } = (JsonObject)JsonNode.Parse("""
        {"checksum":{"type":"xxhash2","validate_warm_get":false},
         "rebalance":{"compression":"never","bundle_multiplier":2,"burst_buffer":1024,"dest_retry_time":"2m","enabled":true},
         "mirror":{"copies":2,"burst_buffer":512,"enabled":false},"space":{"highwm":90},"auth":{"client_auth_required":false},"features":"0"}
        """)!;

    public JsonObject Props { get; } = (JsonObject)JsonNode.Parse("""
        {"provider":"ais","mirror":{"copies":2,"burst_buffer":512,"enabled":false},"versioning":{"enabled":true},"access":"18446744073709551615","created":"1763672400000000000"}
        """)!;

    public string Snapshots { get; set; } = """{"lJjt8082":[],"nZDt8085":[]}""";

    /// <summary>Runs before every answer; true means that it has answered.</summary>
    public Func<HttpContext, SeenRequest, Task<bool>> Before { get; set; } = (_, _) => Task.FromResult(false);

    /// <summary>True: the announced checksums are not those of the bytes.</summary>
    public bool IsLying { get; set; }

    public string Primary { get; set; } = "qWmp8080";

    public string Url => node!.Url;

    public IEnumerable<SeenRequest> Requests => node!.Requests;

    public static async Task<FakeCluster> StartAsync()
    {
        var cluster = new FakeCluster();
        cluster.Add("qWmp8080", isTarget: false);
        cluster.Add("aBcp8081", isTarget: false);
        cluster.Add("zYxp8082", isTarget: false);
        cluster.Add("cVnt8082", isTarget: true);
        cluster.Add("ikht8083", isTarget: true);
        cluster.Add("nGkt8081", isTarget: true);
        cluster.node = await FakeNode.StartAsync(cluster.AnswerAsync);
        return cluster;
    }

    public void Add(string id, bool isTarget, ulong flags = 0)
    {
        var port = id[^4..];
        NetInfoWire Net(string prefix) => new() { Host = "10.0.0.1", Port = prefix + port, Url = $"http://10.0.0.1:{prefix}{port}" };
        var snode = new SnodeWire { Id = id, Type = isTarget ? "target" : "proxy", Flags = flags, Public = Net(string.Empty), Control = Net("1"), Data = Net("2"), IdDigest = ulong.MaxValue };
        (isTarget ? Targets : Gateways)[id] = snode;
        Status[id] = StatusOf(snode);
    }

    public ValueTask DisposeAsync() => node!.DisposeAsync();

    private static NodeStatusWire StatusOf(SnodeWire snode) => new()
    {
        Node = snode,
        Status = (snode.Flags & SnodeWire.Maintenance) != 0 ? "maintenance" : (snode.Flags & SnodeWire.Decommission) != 0 ? "decommission" : string.Empty,
        Version = "5.0.0",
        Deployment = "dev",
        Tracker = new() { ["up.ns.time"] = new TrackerValueWire { Value = 8_040_000_000_000 } },
        System = new MemCpuInfoWire
        {
            MemoryUsedPercent = 0.414,
            MemoryAvailableBytes = 29_957_396_890,
            CpuUtilizationPercent = 6,
            LoadAverage = new LoadAverageWire { One = 1.2, Five = 0.9, Fifteen = 0.84 },
        },
        Capacity = snode.Type != "target" ? new CapacityWire() : new CapacityWire
        {
            AveragePercent = 18,
            TotalUsedBytes = 236_223_201_280,
            TotalAvailableBytes = 1_073_741_824_000,
            Mountpaths = new()
            {
                ["/data/1"] = new MountpathCapacityWire { Disks = [$"{snode.Id}-a"] },
                ["/data/2"] = new MountpathCapacityWire { Disks = [$"{snode.Id}-b"] },
            },
        },
    };

    private async Task AnswerAsync(HttpContext context, SeenRequest seen)
    {
        if (await Before(context, seen))
        {
            return;
        }

        var parts = seen.Path.Split('/', 5);
        await (parts[2] switch
        {
            "daemon" or "reverse" or "cluster" => ClusterAsync(context, seen),
            "buckets" => BucketAsync(context, seen, parts.Length > 3 ? parts[3] : string.Empty),
            _ => ObjectAsync(context, seen, parts[3], Uri.UnescapeDataString(parts[4])),
        });
    }

    private Task ClusterAsync(HttpContext context, SeenRequest seen)
    {
        var id = seen.Headers["Ais-Node-Id"].ToString();
        return (seen.Method, context.Request.Query["what"].ToString()) switch
        {
            ("GET", "smap") => context.JsonAsync(JsonSerializer.Serialize(
                new SmapWire { Gateways = Gateways, Targets = Targets, Primary = Gateways[Primary], Uuid = "Xk3aBcDeF", Version = 14, CreationTime = "2026-11-20 21:00:00" },
                WireJson.Instance.SmapWire)),
            ("GET", "node_status") => context.JsonAsync(JsonSerializer.Serialize(Status[id], WireJson.Instance.NodeStatusWire)),
            ("GET", "bmd") => context.JsonAsync(new JsonObject
            {
                ["providers"] = new JsonObject { ["ais"] = new JsonObject { ["@#"] = new JsonObject(Buckets.Keys.Order().Select(name => KeyValuePair.Create(name, (JsonNode?)Props.DeepClone()))) } },
                ["uuid"] = "Xk3aBcDeF",
                ["version"] = "7",
            }.ToJsonString()),
            ("GET", "cluster_config") => context.JsonAsync(Config.ToJsonString()),
            ("GET", "config") => context.JsonAsync(new JsonObject(Config.Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone()))) { ["confdir"] = "/etc/ais" }.ToJsonString()),
            ("GET", "log") => context.Response.WriteAsync("I 10:00:00 started\n"),
            ("GET", "qryxstats") => context.JsonAsync(Snapshots),
            ("PUT", _) => PutClusterAsync(context, seen),
            _ => context.ErrorAsync(400, string.Empty, "unrecognized query"),
        };
    }

    private Task PutClusterAsync(HttpContext context, SeenRequest seen)
    {
        if (seen.Path == "/v1/cluster/set-config")
        {
            foreach (var (name, value) in context.Request.Query)
            {
                var parts = name.Split('.');
                if (Config[parts[0]] is not JsonObject section || !section.ContainsKey(parts[1]))
                {
                    return context.ErrorAsync(400, string.Empty, $"unknown property '{name}'");
                }

                section[parts[1]] = bool.TryParse(value, out var flag) ? flag : value.ToString();
            }
        }
        else if (seen.Path.StartsWith("/v1/cluster/proxy/", StringComparison.Ordinal))
        {
            Primary = seen.Path.Split('/')[^1];
        }

        return Task.CompletedTask;
    }

    private Task BucketAsync(HttpContext context, SeenRequest seen, string bucket)
    {
        var message = seen.Text.Length > 0 ? JsonNode.Parse(seen.Text)! : new JsonObject();
        if (seen.Method == "GET" && bucket.Length == 0)
        {
            var list = Buckets.Keys.Order(StringComparer.Ordinal).Select(name => new BckWire { Name = name, Provider = "ais" }).ToArray();
            return context.JsonAsync(JsonSerializer.Serialize(list, WireJson.Instance.BckWireArray));
        }

        if (seen.Method == "POST")
        {
            return Buckets.TryAdd(bucket, new(StringComparer.Ordinal)) ? Task.CompletedTask : context.ErrorAsync(409, "ErrBucketAlreadyExists", $"bucket 'ais://{bucket}' already exists");
        }

        if (!Buckets.TryGetValue(bucket, out var objects))
        {
            return NotFoundAsync(context, seen, "ErrBckNotFound", $"bucket 'ais://{bucket}' does not exist");
        }

        switch (seen.Method)
        {
            case "HEAD":
                context.Response.Headers["Ais-Bucket-Props"] = Props.ToJsonString();
                return Task.CompletedTask;
            case "DELETE":
                Buckets.TryRemove(bucket, out _);
                return Task.CompletedTask;
            case "PATCH":
                return Task.CompletedTask;
            default:
                return (string)message["action"]! == "summary-bck" ? SummaryAsync(context, message, bucket, objects) : ListAsync(context, message, objects);
        }
    }

    private static Task SummaryAsync(HttpContext context, JsonNode message, string bucket, ConcurrentDictionary<string, byte[]> objects)
    {
        if ((string)message["value"]!["uuid"]! == string.Empty)
        {
            context.Response.StatusCode = 202;
            return context.Response.WriteAsync("sUmMaRy01");
        }

        var summary = new BucketSummaryWire
        {
            Name = bucket,
            Count = new SummaryCountWire { Present = objects.Count },
            TotalSize = new SummaryTotalSizeWire { OnDisk = 4096, PresentObjects = objects.Values.Sum(value => (long)value.Length) },
            UsedPercent = 1,
        };
        return context.JsonAsync(JsonSerializer.Serialize([summary], WireJson.Instance.BucketSummaryWireArray));
    }

    private static Task ListAsync(HttpContext context, JsonNode message, ConcurrentDictionary<string, byte[]> objects)
    {
        var request = message["value"]!.Deserialize(WireJson.Instance.ListMessageWire)!;
        var size = request.PageSize == 0 ? 10_000 : (int)request.PageSize;
        var page = objects.Keys.Where(name => name.StartsWith(request.Prefix!, StringComparison.Ordinal) && string.CompareOrdinal(name, request.ContinuationToken) > 0
                && string.CompareOrdinal(name, request.StartAfter) > 0)
            .Order(StringComparer.Ordinal).Take(size).ToArray();
        var result = new ListResultWire
        {
            Uuid = "lIsTiNg01",
            ContinuationToken = page.Length == size ? page[^1] : string.Empty,
            Entries = page.Select(name => new ListEntryWire { Name = name, SizeBytes = objects[name].Length, Version = "1", Flags = EntryFlags.Present }).ToArray(),
        };
        return context.JsonAsync(JsonSerializer.Serialize(result, WireJson.Instance.ListResultWire));
    }

    private Task ObjectAsync(HttpContext context, SeenRequest seen, string bucket, string name)
    {
        if (!Buckets.TryGetValue(bucket, out var objects))
        {
            return NotFoundAsync(context, seen, "ErrBckNotFound", $"bucket 'ais://{bucket}' does not exist");
        }

        if (seen.Method == "PUT")
        {
            objects[name] = seen.Body;
            return Task.CompletedTask;
        }

        if (!objects.TryGetValue(name, out var body))
        {
            return NotFoundAsync(context, seen, string.Empty, $"t[cVnt8082]: ais://{bucket}/{name} does not exist");
        }

        if (seen.Method == "DELETE")
        {
            objects.TryRemove(name, out _);
            return Task.CompletedTask;
        }

        context.Response.Headers["Ais-Version"] = "1";
        context.Response.Headers["Ais-Checksum-Type"] = "xxhash2";
        context.Response.Headers["Ais-Checksum-Value"] = IsLying ? "0123456789abcdef" : IncrementalChecksum.Compute(ChecksumType.Xxhash2, body);
        context.Response.Headers["Ais-Location"] = "t[cVnt8082]:mp[/data/1]";
        context.Response.Headers["Ais-Custom-Md"] = "color=red";
        context.Response.Headers["Ais-Atime"] = "1763672400000000000";
        var range = context.Request.GetTypedHeaders().Range?.Ranges.First();
        if (range is not null)
        {
            context.Response.StatusCode = 206;
            body = body[(int)range.From!..Math.Min(body.Length, (int)range.To! + 1)];
        }

        context.Response.ContentLength = body.Length;
        return seen.Method == "HEAD" ? Task.CompletedTask : context.Response.Body.WriteAsync(body).AsTask();
    }

    private static Task NotFoundAsync(HttpContext context, SeenRequest seen, string typeCode, string message)
    {
        if (seen.Method != "HEAD")
        {
            return context.ErrorAsync(404, typeCode, message);
        }

        context.Response.Headers["Hdr-Error"] = $$"""{"tcode":"{{typeCode}}","message":"{{message}}","status":404}""";
        return context.StatusAsync(404);
    }
}
