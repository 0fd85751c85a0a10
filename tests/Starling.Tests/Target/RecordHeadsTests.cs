using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Objects;
using Starling.Storage.Objects;
using Starling.Target.Objects;
using Xunit;

namespace Starling.Tests.Target;

public class RecordHeadsTests
{
    private static readonly ObjectRecord Live = new() { Key = new RecordKey(1, 2, 3, 4), Kind = RecordKind.Tombstone, Uname = "ais/@#/demo/a" };

    [Fact]
    public void B1_requests_see_live_records_and_transfers_see_leftovers_too()
    {
        var leftover = Live with { State = RecordState.Leftover, Leftover = new LeftoverMark(7, NodeId.Parse("target02"), Verified: true) };
        Assert.Equal(new LocalRecord(RecordHeads.Of(Live)), RecordHeads.LocalOf(LookupResult.Found(Live)));
        Assert.Equal(new LocalRecord(RecordHeads.Of(Live), new HandOver(7, NodeId.Parse("target02"), IsVerified: true)), RecordHeads.LocalOf(LookupResult.Found(leftover)));
        Assert.Null(RecordHeads.Of(LookupResult.Found(leftover)));
        Assert.Null(RecordHeads.LocalOf(LookupResult.Absent));
        Assert.Null(RecordHeads.LocalOf(LookupResult.Found(Live with { State = RecordState.Quarantined })));
    }
}
