using System.Buffers;
using System.Globalization;
using System.Text;
using Starling.Core.Names;
using Starling.Protocol.Codec;
using Starling.Protocol.Consensus;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;
using Starling.Protocol.Identity;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Protocol.Codec;

public class CodecTests
{
    [Fact]
    public void Every_command_has_a_sample()
    {
        var all = typeof(Command).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Command)) && !t.IsAbstract).Select(t => t.Name).Order(StringComparer.Ordinal);
        Assert.Equal(all, Samples.Commands.Concat(Samples.OperationCommands).Select(c => c.GetType().Name).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_bytes_of_the_commands_about_operations_are_those_that_were_written_first_and_are_read()
    {
        var actual = string.Concat(Samples.OperationCommands.Select(c => $"{c.GetType().Name} {Convert.ToHexStringLower(Encode(c))}\n"));
        var path = Path.Combine(Repository.Root, "tests/Starling.Tests/Protocol/Codec/commands-2.golden");
        Assert.Equal(File.ReadAllText(path), actual);
        Assert.Equal(Samples.OperationCommands.AsEnumerable(), File.ReadAllLines(path).Select(line => Decode(Convert.FromHexString(line.Split(' ')[1]))));
    }

    [Fact]
    public void The_bytes_of_format_1_are_those_that_were_written_first()
    {
        var actual = new StringBuilder();
        foreach (var command in Samples.Commands)
        {
            actual.Append(CultureInfo.InvariantCulture, $"{command.GetType().Name} {Convert.ToHexStringLower(Encode(command))}\n");
        }

        foreach (var entry in Samples.Entries)
        {
            actual.Append(CultureInfo.InvariantCulture, $"{entry.Kind}Entry {Convert.ToHexStringLower(LogEntryCodec.Encode(entry))}\n");
        }

        var path = Path.Combine(Repository.Root, "tests/Starling.Tests/Protocol/Codec/format-1.golden");
        Assert.Equal(File.ReadAllText(path), actual.ToString());
    }

    [Fact]
    public void What_was_written_in_format_1_is_read()
    {
        var path = Path.Combine(Repository.Root, "tests/Starling.Tests/Protocol/Codec/format-1.golden");
        var lines = File.ReadAllLines(path);
        for (var i = 0; i < lines.Length; i++)
        {
            var bytes = Convert.FromHexString(lines[i].Split(' ')[1]);
            if (i < Samples.Commands.Length)
            {
                Assert.Equal(Samples.Commands[i], Decode(bytes));
            }
            else
            {
                Assert.Equal(Samples.Entries[i - Samples.Commands.Length], LogEntryCodec.Decode(bytes));
            }
        }

        Assert.Equal(Samples.Commands.Length + Samples.Entries.Length, lines.Length);
    }

    [Fact]
    public void A_snapshot_comes_back_as_it_was_with_settings_that_this_build_does_not_know()
    {
        var bytes = StateCodec.Encode(Samples.State);
        var back = StateCodec.Decode(bytes);

        Assert.Equal(bytes, StateCodec.Encode(back));
        Assert.Equal(Samples.State.Nodes.Values, back.Nodes.Values);
        Assert.Equal(Samples.State.Epochs.ToArray(), back.Epochs.ToArray());
        Assert.Equal(Samples.State.Buckets.Values, back.Buckets.Values);
        Assert.Equal(Samples.State.Requests.OldestFirst(), back.Requests.OldestFirst());
        Assert.Equal((Samples.State.Config, Samples.State.Versions, Samples.State.Leader, Samples.State.Voters), (back.Config, back.Versions, back.Leader, back.Voters));
        Assert.Contains("\"kept\":true", back.Config.Json, StringComparison.Ordinal);
        Assert.All(back.Buckets.Values, b => Assert.Contains("\"kept\":true", b.Props.Json, StringComparison.Ordinal));
        Assert.Contains("\"kept\":true", back.Views.ConfigJson, StringComparison.Ordinal);
    }

    [Fact]
    public void A_snapshot_of_format_1_is_read_and_written_as_before_until_every_member_knows_more()
    {
        var stored = File.ReadAllText(Path.Combine(Repository.Root, "tests/Starling.Tests/Protocol/Codec/state-1.golden")).Trim();
        var state = StateCodec.Decode(Convert.FromHexString(stored));

        Assert.Equal(1, Convert.FromHexString(stored)[0]);
        Assert.Equal(Samples.State.Nodes.Values, state.Nodes.Values);
        Assert.Empty(state.Operations);
        Assert.Equal(stored, Convert.ToHexStringLower(StateCodec.Encode(state)));
        Assert.Equal(2, StateCodec.Encode(state with { FeatureLevel = FeatureLevels.Operations })[0]);
    }

    [Fact]
    public void A_state_that_was_written_before_the_level_rose_goes_on_as_one_that_never_left_memory()
    {
        // One follower installs the snapshot, the other has applied everything itself: from then on they must not differ in a byte.
        var inMemory = Fold.Serving(3).Apply(new RecordStop(Fold.Target(3), Fold.SessionOf(Fold.Target(3))));
        var restored = StateCodec.Decode(StateCodec.Encode(inMemory));
        Command[] later =
        [
            new SetFeatureLevel(0, FeatureLevels.Operations, [.. inMemory.Nodes.Keys]),
            new StartOperation(OperationKind.Maintenance, [Fold.Target(1)]) { RequestId = "later" },
            new MarkClean(Fold.Target(2), Fold.SessionOf(Fold.Target(2)), inMemory.Newest.Number) { StartedIndex = inMemory.AppliedIndex + 2, Receivers = [Fold.Target(1)] },
        ];
        foreach (var command in later)
        {
            (inMemory, var outcome) = inMemory.Try(Decode(Encode(command)));
            (restored, var again) = restored.Try(Decode(Encode(command)));
            Assert.Equal(outcome, again);
            Assert.Equal(StateCodec.Encode(inMemory), StateCodec.Encode(restored));
            Assert.Equal(StateCodec.Encode(inMemory), StateCodec.Encode(StateCodec.Decode(StateCodec.Encode(inMemory))));
        }

        Assert.True(inMemory.KnowsOperations && inMemory.Journal.Count > 0);
    }

    [Fact]
    public void A_state_of_a_feature_level_that_this_build_does_not_know_is_refused_by_name()
    {
        var newer = StateCodec.Encode(Samples.OperationState with { FeatureLevel = FeatureLevels.Highest + 1 });

        Assert.Contains("feature level 2 is newer", Assert.Throws<CodecException>(() => StateCodec.Decode(newer)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_admission_carries_a_feature_level_only_once_the_cluster_uses_one()
    {
        var plain = new AdmitNode(Fold.Gateway(2), NodeRole.Gateway, Fold.IncarnationOf(Fold.Gateway(2)), Fold.AddressesOf(Fold.Gateway(2)));
        var levelled = plain with { FeatureLevel = 1 };

        Assert.Equal(levelled, Decode(Encode(levelled)));
        Assert.Equal((2, 30), (Encode(plain)[0], Encode(levelled)[0]));
        Assert.Equal(Encode(plain)[1..], Encode(levelled)[1..^1]);
    }

    [Fact]
    public void A_snapshot_with_operations_comes_back_as_it_was_and_keeps_its_bytes()
    {
        var state = Samples.OperationState;
        var bytes = StateCodec.Encode(state);
        var back = StateCodec.Decode(bytes);

        Assert.Equal(bytes, StateCodec.Encode(back));
        Assert.Equal(state.Operations.Values, back.Operations.Values);
        Assert.Equal(state.FinishedOperations.AsEnumerable(), back.FinishedOperations);
        Assert.Equal(state.Losses.Values, back.Losses.Values);
        Assert.Equal(state.ErasePermits, back.ErasePermits);
        Assert.Equal(state.Journal.AsEnumerable(), back.Journal);
        Assert.Equal(state.Nodes.Values, back.Nodes.Values);
        Assert.Equal(state.QuietThrough, back.QuietThrough);
        Assert.True(state is { Operations.Count: 1, FinishedOperations.Count: > 1, Losses.Count: 1, ErasePermits.Count: 1, QuietThrough: > 0 } && state.Nodes.Values.Any(n => n.VerifiedBy.Length > 0));

        var stored = File.ReadAllText(Path.Combine(Repository.Root, "tests/Starling.Tests/Protocol/Codec/state-2.golden")).Trim();
        Assert.Equal(stored, Convert.ToHexStringLower(StateCodec.Encode(StateCodec.Decode(Convert.FromHexString(stored)))));
        Assert.Equal(stored, Convert.ToHexStringLower(bytes));
    }

    [Fact]
    public void A_newer_format_is_refused_by_name()
    {
        var entry = LogEntryCodec.Encode(Samples.Entries[0]);
        entry[0] = 9;
        Assert.Contains("log entry: format version 9 is newer than this build reads (1)", Assert.Throws<CodecException>(() => LogEntryCodec.Decode(entry)).Message, StringComparison.Ordinal);

        var state = StateCodec.Encode(Samples.State);
        state[1] = 1;
        Assert.Contains("snapshot: format version 257 is newer", Assert.Throws<CodecException>(() => StateCodec.Decode(state)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_command_is_refused_by_its_tag()
    {
        var bytes = Encode(new ResetConfig(0));
        bytes[0] = 200;
        Assert.Contains("command tag 200 is not known", Assert.Throws<CodecException>(() => Decode(bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_cut_is_noticed()
    {
        foreach (var entry in AllEntries())
        {
            var bytes = LogEntryCodec.Encode(entry);
            for (var length = 0; length < bytes.Length; length++)
            {
                Assert.Throws<CodecException>(() => LogEntryCodec.Decode(bytes.AsSpan(0, length)));
            }

            Assert.Throws<CodecException>(() => LogEntryCodec.Decode([.. bytes, 0]));
        }

        foreach (var state in new[] { StateCodec.Encode(Samples.State), StateCodec.Encode(Samples.OperationState) })
        {
            for (var length = 0; length < state.Length; length++)
            {
                Assert.Throws<CodecException>(() => StateCodec.Decode(state.AsSpan(0, length)));
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Damaged_bytes_throw_nothing_but_the_codec_exception(int seed)
    {
        var random = new Random(seed);
        var inputs = AllEntries().Select(LogEntryCodec.Encode).Append(StateCodec.Encode(Samples.OperationState)).Append(StateCodec.Encode(Samples.State)).ToArray();
        var refused = 0;
        for (var i = 0; i < 5_000; i++)
        {
            var which = random.Next(inputs.Length);
            var bytes = inputs[which].ToArray();
            for (var flips = random.Next(1, 4); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            refused += Reads(which >= inputs.Length - 2, bytes) ? 0 : 1;
        }

        Assert.True(refused > 1_000, $"only {refused} of 5000 damaged inputs were refused: the damage does not reach the reader");
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(127UL)]
    [InlineData(128UL)]
    [InlineData(ulong.MaxValue)]
    public void Integers_of_any_size_come_back(ulong value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new CodecWriter(buffer);
        writer.VarUInt64(value);
        writer.VarInt64((long)value);
        writer.VarInt64(-(long)value);
        writer.UInt64(value);

        var reader = new CodecReader(buffer.WrittenSpan, "numbers");
        Assert.Equal(value, reader.VarUInt64());
        Assert.Equal((long)value, reader.VarInt64());
        Assert.Equal(-(long)value, reader.VarInt64());
        Assert.Equal(value, reader.UInt64());
        reader.End();
    }

    [Fact]
    public void An_integer_of_more_than_64_bits_is_refused()
    {
        byte[] tooLong = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02];
        Assert.Throws<CodecException>(() => new CodecReader(tooLong, "number").VarUInt64());
    }

    private static IEnumerable<LogEntry> AllEntries() =>
        Samples.Commands.Concat(Samples.OperationCommands).Select((c, i) => new LogEntry(i + 1, 1, EntryKind.Command, Command: c)).Concat(Samples.Entries);

    private static bool Reads(bool isState, byte[] bytes)
    {
        try
        {
            if (isState)
            {
                // What is read must also be usable: the projections throw nothing.
                var views = StateCodec.Decode(bytes).Views;
                return views.Smap is not null && views.Bmd is not null && views.ConfigJson.Length > 0;
            }

            return LogEntryCodec.Decode(bytes) is not null;
        }
        catch (CodecException)
        {
            return false;
        }
    }

    private static byte[] Encode(Command command)
    {
        var buffer = new ArrayBufferWriter<byte>();
        CommandCodec.Write(new CodecWriter(buffer), command);
        return buffer.WrittenSpan.ToArray();
    }

    private static Command Decode(byte[] bytes)
    {
        var reader = new CodecReader(bytes, "command");
        var command = CommandCodec.Read(ref reader);
        reader.End();
        return command;
    }

    [Fact]
    public void The_facts_of_ten_thousand_members_fit_the_command_that_starts_an_operation()
    {
        static StartOperation Start(int members) => new(OperationKind.Rebalance, [])
        {
            Facts = new OperationFacts(5, [.. Enumerable.Range(0, members).Select(i => new NodeFact(NodeId.Parse($"target{i:D6}"), new SessionId((UInt128)i << 64), Starling.Protocol.Membership.Liveness.Online)
            {
                CapacityBytes = 1L << 44, UsedBytes = 1L << 43, Objects = 1 << 30, Bytes = 1L << 43,
            })]),
        };

        Assert.Null(CommandCodec.TooLarge(Start(10_000)));
        Assert.Contains("1048576 are allowed", CommandCodec.TooLarge(Start(30_000))!.Message, StringComparison.Ordinal);
        Assert.NotNull(CommandCodec.TooLarge(new SetConfig($"{{\"x\":\"{new string('x', 70_000)}\"}}", 0)));
    }
}
