using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Starling.Core.Errors;
using Starling.Storage.Mountpaths;
using Starling.Storage.Objects;

namespace Starling.Server.Hosting;

/// <summary>What is known of one mountpath's disk.</summary>
/// <param name="Mountpath">Its path.</param>
/// <param name="Failures">Operations that the disk refused since the start of the process.</param>
/// <param name="Fault">The last failure, while it is in doubt; null when it is well.</param>
internal sealed record DiskHealth(string Mountpath, long Failures, string? Fault);

/// <summary>
/// Notices disks that fail, and says so: in the log, in the metrics, in the state of the node. A faulty mountpath stays in service, since its names can lie nowhere
/// else: what fails is answered with the failure, never as absent (rule B10). The fault is over when the disk takes a probe and nothing failed for a while.
/// </summary>
internal sealed class DiskWatch
{
    private static readonly TimeSpan ProbeEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SayAgainAfter = TimeSpan.FromSeconds(60);

    private readonly Lock gate = new();
    private readonly SortedDictionary<string, Disk> disks = new(StringComparer.Ordinal);
    private readonly TimeProvider time;
    private readonly TimeSpan quiet;
    private readonly ILogger log;
    private ImmutableArray<string> told;

    /// <param name="store">Reports what its disks refuse.</param>
    /// <param name="time">The clock.</param>
    /// <param name="quiet">How long nothing may fail before a fault is over.</param>
    /// <param name="log">Hears of faults.</param>
    public DiskWatch(ObjectStore store, TimeProvider time, TimeSpan quiet, ILogger log)
    {
        this.time = time;
        this.quiet = quiet;
        this.log = log;
        foreach (var mountpath in store.Mountpaths.All)
        {
            disks.Add(mountpath.Path, new Disk(mountpath));
        }

        told = Present;
        store.DiskFailed += Failed;
    }

    /// <summary>
    /// Told the ids of the mountpaths that are here whenever they are others than before; answers whether it could be passed on, else it is told again
    /// (rule B10). A disk that is gone does not count, nor one that has not taken a probe for as long as it takes to be well again.
    /// </summary>
    public Func<ImmutableArray<string>, bool>? PresentChanged { get; set; }

    /// <summary>All mountpaths, by path.</summary>
    public IReadOnlyList<DiskHealth> Disks
    {
        get
        {
            lock (gate)
            {
                return [.. disks.Values.Select(disk => new DiskHealth(disk.Mountpath.Path, disk.Failures, disk.Fault))];
            }
        }
    }

    /// <summary>Whether any mountpath is faulty now.</summary>
    public bool HasFault
    {
        get
        {
            lock (gate)
            {
                return disks.Values.Any(disk => disk.Fault is not null);
            }
        }
    }

    /// <summary>Looks after the disks until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(quiet < ProbeEvery ? quiet : ProbeEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                // A disk that hangs keeps its thread; the node stops without it.
                await Task.Run(ProbeAll, cancellationToken).WaitAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    /// <summary>One look at every disk: whether it is still there, and when it failed, whether it works again.</summary>
    public void ProbeAll()
    {
        Disk[] all;
        lock (gate)
        {
            all = [.. disks.Values];
        }

        foreach (var disk in all)
        {
            var error = disk.Fault is null ? disk.Mountpath.Displaced() : disk.Mountpath.Probe();
            if (error is not null)
            {
                Failed(disk.Mountpath, error);
            }
            else if (disk.Fault is not null)
            {
                Heal(disk);
            }

            Judge(disk, error);
        }

        var present = Present;
        if (!present.SequenceEqual(told, StringComparer.Ordinal) && PresentChanged?.Invoke(present) == true)
        {
            told = present;
        }
    }

    private ImmutableArray<string> Present
    {
        get
        {
            lock (gate)
            {
                return [.. disks.Values.Where(disk => !disk.IsLost).Select(disk => disk.Mountpath.Id.ToString()).Order(StringComparer.Ordinal)];
            }
        }
    }

    // Whether others may count on it is decided by probes alone: a request that fails may be the fault of its file.
    private void Judge(Disk disk, StoreError? error)
    {
        lock (gate)
        {
            if (error is null)
            {
                disk.RefusedSince = null;
                disk.IsLost = false;
                return;
            }

            disk.RefusedSince ??= time.GetTimestamp();
            disk.IsLost = error.Code == ErrorCode.Unavailable || time.GetElapsedTime(disk.RefusedSince.Value) >= quiet;
        }
    }

    private void Failed(Mountpath mountpath, StoreError error)
    {
        Disk disk;
        bool say;
        lock (gate)
        {
            disk = disks[mountpath.Path];
            disk.Failures++;
            disk.LastFailure = time.GetTimestamp();
            say = disk.Fault is null || time.GetElapsedTime(disk.Said) >= SayAgainAfter;
            disk.Fault = error.Message;
            disk.Said = say ? disk.LastFailure : disk.Said;
        }

        if (say)
        {
            log.LogError(
                "disk-fault: mountpath {Mountpath} fails, {Failures} failures since the start: {Reason}; what lies on it is answered with errors, never as absent: look at the disk, replace it or mount it again, and restart this target",
                mountpath.Path,
                disk.Failures.ToString(CultureInfo.InvariantCulture),
                error.Message);
        }
    }

    private void Heal(Disk disk)
    {
        lock (gate)
        {
            if (time.GetElapsedTime(disk.LastFailure) < quiet)
            {
                return;
            }

            disk.Fault = null;
        }

        log.LogWarning(
            "disk-fault: mountpath {Mountpath} takes writes again, after {Failures} failures since the start; have the disk examined",
            disk.Mountpath.Path,
            disk.Failures.ToString(CultureInfo.InvariantCulture));
    }

    private sealed class Disk(Mountpath mountpath)
    {
        public Mountpath Mountpath { get; } = mountpath;

        public long Failures { get; set; }

        public string? Fault { get; set; }

        public long LastFailure { get; set; }

        public long Said { get; set; }

        /// <summary>When the first of the probes in a row was refused; null: the last one went well.</summary>
        public long? RefusedSince { get; set; }

        /// <summary>Nobody is to count on it.</summary>
        public bool IsLost { get; set; }
    }
}
