using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Wire;
using Xunit;

namespace Starling.Tests.Core.Wire;

public sealed class ErrorTableTests
{
    private static readonly BucketName Bucket = BucketName.Parse("ais", null, "abc");

    [Fact]
    public void Every_failure_has_a_status()
    {
        foreach (var code in Enum.GetValues<ErrorCode>())
        {
            Assert.InRange(ErrorTable.Status(code), 400, 599);
        }
    }

    [Theory]
    [InlineData(ErrorCode.BucketNotFound, 404, "ErrBckNotFound")]
    [InlineData(ErrorCode.ObjectNotFound, 404, "ErrNotFound")]
    [InlineData(ErrorCode.NodeNotFound, 404, "errNodeNotFound")]
    [InlineData(ErrorCode.JobNotFound, 404, "ErrXactNotFound")]
    [InlineData(ErrorCode.BucketExists, 409, "ErrBucketAlreadyExists")]
    [InlineData(ErrorCode.AccessDenied, 403, "ErrBucketAccessDenied")]
    [InlineData(ErrorCode.Busy, 409, "ErrBusy")]
    [InlineData(ErrorCode.RangeNotSatisfiable, 416, "ErrRangeNotSatisfiable")]
    [InlineData(ErrorCode.ChecksumMismatch, 500, "ErrBadCksum")]
    [InlineData(ErrorCode.OutOfSpace, 507, "ErrCapExceeded")]
    [InlineData(ErrorCode.Unsupported, 501, "ErrUnsupp")]
    [InlineData(ErrorCode.Invalid, 400, null)]
    [InlineData(ErrorCode.Unavailable, 503, null)]
    [InlineData(ErrorCode.Unreachable, 503, null)]
    public void Status_and_type_of_a_failure(ErrorCode code, int status, string? typeCode) => Assert.Equal((status, typeCode), (ErrorTable.Status(code), ErrorTable.TypeCode(code)));

    [Fact]
    public void A_remote_bucket_has_its_own_type() => Assert.Equal("ErrRemoteBckNotFound", ErrorTable.TypeCode(ErrorCode.BucketNotFound, isRemoteBucket: true));

    [Fact]
    public void Trap16_texts_hold_the_canonical_form_that_clients_look_for()
    {
        Assert.Equal("bucket \"ais://abc\" does not exist", ErrorTexts.BucketNotFound(Bucket));
        Assert.Equal("bucket \"ais://abc\" already exists", ErrorTexts.BucketExists(Bucket));
        Assert.Equal("t[t1abcdef]: ais://abc/a/b does not exist", ErrorTexts.ObjectNotFound(ErrorTexts.NodeDisplayName("t1abcdef", isTarget: true), ObjectName.Parse(Bucket, "a/b")));
        Assert.Equal("bucket \"ais://@uuid#ns/b\" does not exist", ErrorTexts.BucketNotFound(BucketName.Parse("ais", "@uuid#ns", "b")));
        Assert.Equal("bucket \"ais://#ns/b\" does not exist", ErrorTexts.BucketNotFound(BucketName.Parse("ais", "@#ns", "b")));
        Assert.Equal(
            "cluster membership \"start-maintenance\" is currently busy (rebalance[g7] is running), please try again", ErrorTexts.MembershipBusy("start-maintenance", "rebalance[g7]"));
    }
}
