using System.Collections.Immutable;
using Starling.Protocol.Bootstrap;
using Starling.Protocol.Codec;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;

namespace Starling.Cluster.Codec;

/// <summary>Values that the control log and the messages share, beyond those of the protocol's own codec.</summary>
internal static class NodeCodec
{
    public static void Facts(this CodecWriter writer, NodeFacts facts)
    {
        writer.Node(facts.Id);
        writer.Byte((byte)facts.Role);
        writer.Bool(facts.Electable);
        writer.Addresses(facts.Addresses);
        writer.Strings(facts.MountpathIds);
        writer.String(facts.HostBootId);
        writer.LockFiles(facts.LockFiles);
    }

    public static NodeFacts Facts(this ref CodecReader reader) => new(
        reader.Node(), (NodeRole)reader.Choice(2, "role"), reader.Bool(), reader.Addresses(), reader.Strings(), reader.String(), reader.LockFiles());

    public static void HardState(this CodecWriter writer, HardState state)
    {
        writer.VarInt64(state.Term);
        writer.Bool(state.VotedFor is not null);
        if (state.VotedFor is { } candidate)
        {
            writer.Identity(candidate);
        }
    }

    public static HardState HardState(this ref CodecReader reader) => new(reader.VarInt64(), reader.Bool() ? reader.Identity() : null);

    public static void Entries(this CodecWriter writer, ReadOnlySpan<LogEntry> entries)
    {
        writer.Count(entries.Length);
        foreach (var entry in entries)
        {
            LogEntryCodec.Write(writer, entry);
        }
    }

    public static ImmutableArray<LogEntry> Entries(this ref CodecReader reader)
    {
        var count = reader.Count();
        var entries = ImmutableArray.CreateBuilder<LogEntry>(Math.Min(count, 1024));
        for (; count > 0; count--)
        {
            entries.Add(LogEntryCodec.Read(ref reader));
        }

        return entries.DrainToImmutable();
    }

    public static void Snapshot(this CodecWriter writer, Snapshot snapshot)
    {
        writer.VarInt64(snapshot.Index);
        writer.VarInt64(snapshot.Term);
        writer.Voters(snapshot.Voters);
        StateCodec.Write(writer, snapshot.State);
    }

    public static Snapshot Snapshot(this ref CodecReader reader) => new(reader.VarInt64(), reader.VarInt64(), reader.Voters(), StateCodec.Read(ref reader));

    public static void Proposal(this CodecWriter writer, BootstrapProposal proposal)
    {
        writer.UInt128(proposal.ProposalId);
        writer.String(proposal.ClusterId);
        writer.Identity(proposal.Proposer);
        writer.VarInt64(proposal.CreatedNs);
        writer.Count(proposal.Founders.Length);
        foreach (var founder in proposal.Founders)
        {
            writer.Identity(founder.Identity);
            writer.Facts(founder.Facts);
        }
    }

    public static BootstrapProposal Proposal(this ref CodecReader reader)
    {
        var (id, cluster, proposer, createdNs) = (reader.UInt128(), reader.String(), reader.Identity(), reader.VarInt64());
        var founders = ImmutableArray.CreateBuilder<Founder>();
        for (var left = reader.Count(); left > 0; left--)
        {
            founders.Add(new Founder(reader.Identity(), reader.Facts()));
        }

        return new BootstrapProposal(id, cluster, proposer, founders.DrainToImmutable()) { CreatedNs = createdNs };
    }

    public static void Bootstrap(this CodecWriter writer, BootstrapRecord record)
    {
        writer.Byte((byte)record.Phase);
        writer.Bool(record.Proposal is not null);
        if (record.Proposal is { } proposal)
        {
            writer.Proposal(proposal);
        }
    }

    public static BootstrapRecord Bootstrap(this ref CodecReader reader) =>
        new((BootstrapPhase)reader.Choice(4, "bootstrap phase"), reader.Bool() ? reader.Proposal() : null);
}
