using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.State;

namespace Starling.Protocol.Codec;

/// <summary>Small values that entries, snapshots and messages share, as extensions of the writer.</summary>
public static class SharedWriters
{
    /// <summary>A node id; the default one is the empty string.</summary>
    public static void Node(this CodecWriter writer, NodeId id) => Checked(writer).String(id.Value);

    /// <summary>Id and incarnation.</summary>
    public static void Member(this CodecWriter writer, Member member)
    {
        Checked(writer).Node(member.Id);
        writer.UInt128(member.Incarnation.Value);
    }

    /// <summary>Id, incarnation and session.</summary>
    public static void Identity(this CodecWriter writer, NodeIdentity identity)
    {
        Checked(writer).Member(identity.Member);
        writer.UInt128(identity.Session.Value);
    }

    /// <summary>The three addresses.</summary>
    public static void Addresses(this CodecWriter writer, NodeAddresses addresses)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        Checked(writer).String(addresses.Public);
        writer.String(addresses.Control);
        writer.String(addresses.Data);
    }

    /// <summary>Voters, sorted.</summary>
    public static void Voters(this CodecWriter writer, VoterSet voters)
    {
        ArgumentNullException.ThrowIfNull(voters);
        Checked(writer).Count(voters.Members.Length);
        foreach (var member in voters.Members)
        {
            writer.Member(member);
        }
    }

    /// <summary>Provider, namespace and name.</summary>
    public static void Bucket(this CodecWriter writer, BucketName bucket)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        Checked(writer).String(bucket.Provider);
        writer.String(bucket.Namespace);
        writer.String(bucket.Name);
    }

    /// <summary>An error, or that there is none.</summary>
    public static void Error(this CodecWriter writer, StoreError? error)
    {
        Checked(writer).Bool(error is not null);
        if (error is not null)
        {
            // By name: the numbers of the enumeration are not part of any format.
            writer.String(error.Code.ToString());
            writer.String(error.Message);
            writer.VarInt64(error.RetryAfterMs ?? -1);
        }
    }

    /// <summary>Strings in their order.</summary>
    public static void Strings(this CodecWriter writer, ImmutableArray<string> values)
    {
        Checked(writer).Count(values.Length);
        foreach (var value in values)
        {
            writer.String(value);
        }
    }

    /// <summary>Device and inode of lock files, in their order.</summary>
    public static void LockFiles(this CodecWriter writer, ImmutableArray<LockFile> files)
    {
        Checked(writer).Count(files.Length);
        foreach (var file in files)
        {
            writer.VarUInt64(file.Device);
            writer.VarUInt64(file.Inode);
        }
    }

    private static CodecWriter Checked(CodecWriter writer) => writer ?? throw new ArgumentNullException(nameof(writer));
}

/// <summary>The same values as extensions of the reader.</summary>
public static class SharedReaders
{
    /// <summary>A node id; the empty string is the default one.</summary>
    public static NodeId Node(this ref CodecReader reader)
    {
        var text = reader.String();
        if (text.Length == 0)
        {
            return default;
        }

        return NodeId.TryParse(text, out var id, out var error) ? id : throw reader.Error(error!);
    }

    /// <summary>Id and incarnation.</summary>
    public static Member Member(this ref CodecReader reader) => new(reader.Node(), new Incarnation(reader.UInt128()));

    /// <summary>Id, incarnation and session.</summary>
    public static NodeIdentity Identity(this ref CodecReader reader)
    {
        var member = reader.Member();
        return new NodeIdentity(member.Id, member.Incarnation, new SessionId(reader.UInt128()));
    }

    /// <summary>The three addresses.</summary>
    public static NodeAddresses Addresses(this ref CodecReader reader) => new(reader.String(), reader.String(), reader.String());

    /// <summary>Voters; refused when not sorted.</summary>
    public static VoterSet Voters(this ref CodecReader reader)
    {
        var members = ImmutableArray.CreateBuilder<Member>();
        for (var left = reader.Count(); left > 0; left--)
        {
            var member = reader.Member();
            if (members.Count > 0 && members[^1] >= member)
            {
                throw reader.Error($"voters are not sorted at {member.Id}");
            }

            members.Add(member);
        }

        return new VoterSet(members.DrainToImmutable());
    }

    /// <summary>Provider, namespace and name.</summary>
    public static BucketName Bucket(this ref CodecReader reader)
    {
        var (provider, space, name) = (reader.String(), reader.String(), reader.String());
        return BucketName.TryParse(provider, space, name, out var bucket, out var error) ? bucket : throw reader.Error(error);
    }

    /// <summary>An error, or null. A code that this build does not know is <see cref="ErrorCode.Internal"/>.</summary>
    public static StoreError? Error(this ref CodecReader reader)
    {
        if (!reader.Bool())
        {
            return null;
        }

        var name = reader.String();
        var code = Enum.TryParse<ErrorCode>(name, out var known) && Enum.IsDefined(known) && known.ToString() == name ? known : ErrorCode.Internal;
        var message = reader.String();
        var retryAfterMs = reader.Int32();
        return new StoreError(code, message, retryAfterMs < 0 ? null : retryAfterMs);
    }

    /// <summary>Strings in their order.</summary>
    public static ImmutableArray<string> Strings(this ref CodecReader reader)
    {
        var values = ImmutableArray.CreateBuilder<string>();
        for (var left = reader.Count(); left > 0; left--)
        {
            values.Add(reader.String());
        }

        return values.DrainToImmutable();
    }

    /// <summary>Device and inode of lock files.</summary>
    public static ImmutableArray<LockFile> LockFiles(this ref CodecReader reader)
    {
        var files = ImmutableArray.CreateBuilder<LockFile>();
        for (var left = reader.Count(); left > 0; left--)
        {
            files.Add(new LockFile(reader.VarUInt64(), reader.VarUInt64()));
        }

        return files.DrainToImmutable();
    }

    /// <summary>A JSON object, as text; refused when it is something else, so that nothing that reads the state later can fail on it.</summary>
    public static string Document(this ref CodecReader reader)
    {
        var json = reader.String();
        return JsonObjects.Check(json, out var error) ? json : throw reader.Error($"settings: {error}");
    }

    /// <summary>One byte that names a member of an enumeration, by its number below <paramref name="count"/>.</summary>
    public static byte Choice(this ref CodecReader reader, int count, string field)
    {
        var value = reader.Byte();
        return value < count ? value : throw reader.Error($"{field} {value} is not known");
    }
}
