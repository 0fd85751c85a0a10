using System.Globalization;
using Starling.Core.Wire;
using Starling.Storage.Files;
using Starling.Storage.Mountpaths;

namespace Starling.Server.Api.Native.Daemon;

/// <summary>Memory and load of the host, as the kernel tells them.</summary>
internal static class SystemInfo
{
    public static MemCpuInfoWire Read(MountpathSet? mountpaths)
    {
        var total = MemoryBytes("MemTotal:");
        var available = MemoryBytes("MemAvailable:");
        var used = total > available ? total - available : 0;
        var load = Load();

        // Load per processor, as an approximation of utilization that needs no history.
        var cpu = Math.Clamp(load.One * 100 / Environment.ProcessorCount, 0, 100);
        var info = new MemCpuInfoWire
        {
            MemoryUsedBytes = used,
            MemoryAvailableBytes = available,
            MemoryUsedPercent = total == 0 ? 0 : used * 100.0 / total,
            CpuUsedPercent = cpu,
            CpuUtilizationPercent = (long)cpu,
            LoadAverage = load,
        };
        if (mountpaths is null)
        {
            return info;
        }

        var facts = mountpaths.All.DistinctBy(one => one.LockDevice).Select(one => one.TryCapacity()).OfType<FileSystemFacts>().ToArray();
        var capacity = facts.Sum(one => one.TotalBytes);
        var taken = capacity - facts.Sum(one => one.AvailableBytes);
        return info with
        {
            FileSystemUsed = taken.ToString(CultureInfo.InvariantCulture),
            FileSystemCapacity = capacity.ToString(CultureInfo.InvariantCulture),
            FileSystemUsedPercent = capacity == 0 ? 0 : taken * 100.0 / capacity,
        };
    }

    private static ulong MemoryBytes(string name)
    {
        foreach (var line in File.ReadLines("/proc/meminfo"))
        {
            if (line.StartsWith(name, StringComparison.Ordinal))
            {
                var parts = line[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
                return ulong.Parse(parts[0], CultureInfo.InvariantCulture) * 1024;
            }
        }

        return 0;
    }

    private static LoadAverageWire Load()
    {
        var parts = File.ReadAllText("/proc/loadavg").Split(' ');
        return new LoadAverageWire
        {
            One = double.Parse(parts[0], CultureInfo.InvariantCulture),
            Five = double.Parse(parts[1], CultureInfo.InvariantCulture),
            Fifteen = double.Parse(parts[2], CultureInfo.InvariantCulture),
        };
    }
}
