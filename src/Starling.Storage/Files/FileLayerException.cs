using Starling.Core.Errors;

namespace Starling.Storage.Files;

/// <summary>The error numbers of Linux that the store tells apart; every other one keeps its number.</summary>
public enum Errno
{
    /// <summary>No error.</summary>
    None = 0,

    /// <summary>Operation not permitted.</summary>
    EPERM = 1,

    /// <summary>No such file or directory.</summary>
    ENOENT = 2,

    /// <summary>Interrupted by a signal; the only error after which a call is repeated.</summary>
    EINTR = 4,

    /// <summary>Input or output error.</summary>
    EIO = 5,

    /// <summary>Bad file descriptor.</summary>
    EBADF = 9,

    /// <summary>Would block: somebody else holds the lock.</summary>
    EAGAIN = 11,

    /// <summary>Permission denied.</summary>
    EACCES = 13,

    /// <summary>File exists.</summary>
    EEXIST = 17,

    /// <summary>Rename across filesystems.</summary>
    EXDEV = 18,

    /// <summary>A component of the path is not a directory.</summary>
    ENOTDIR = 20,

    /// <summary>Is a directory.</summary>
    EISDIR = 21,

    /// <summary>Invalid argument.</summary>
    EINVAL = 22,

    /// <summary>Too many open files.</summary>
    EMFILE = 24,

    /// <summary>No space left on the device.</summary>
    ENOSPC = 28,

    /// <summary>Read-only filesystem.</summary>
    EROFS = 30,

    /// <summary>Value too large for the supplied buffer.</summary>
    ERANGE = 34,

    /// <summary>Directory not empty.</summary>
    ENOTEMPTY = 39,

    /// <summary>The extended attribute does not exist.</summary>
    ENODATA = 61,

    /// <summary>The filesystem does not offer the operation.</summary>
    EOPNOTSUPP = 95,

    /// <summary>The filesystem needs repair.</summary>
    EUCLEAN = 117,

    /// <summary>The quota is exhausted.</summary>
    EDQUOT = 122,
}

/// <summary>A file operation failed: which one, on which path, with which error of the operating system.</summary>
public sealed class FileLayerException : IOException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="errno">Error of the operating system.</param>
    /// <param name="operation">Name of the system call.</param>
    /// <param name="path">The path it concerned.</param>
    /// <param name="inner">What reported it, if not the system call itself.</param>
    public FileLayerException(Errno errno, string operation, string path, Exception? inner = null)
        : base($"{operation} of \"{path}\" failed: {Name(errno)}", inner)
    {
        Errno = errno;
        Operation = operation;
        Path = path;
    }

    /// <summary>Error of the operating system.</summary>
    public Errno Errno { get; }

    /// <summary>Name of the system call.</summary>
    public string Operation { get; }

    /// <summary>The path it concerned.</summary>
    public string Path { get; }

    /// <summary>How the store reports it: no space, or a disk that refuses.</summary>
    public ErrorCode Code => Errno switch
    {
        Errno.ENOSPC or Errno.EDQUOT => ErrorCode.OutOfSpace,
        Errno.EMFILE => ErrorCode.Unavailable,
        Errno.EINVAL or Errno.EBADF or Errno.ERANGE => ErrorCode.Internal,
        _ => ErrorCode.DiskFailure,
    };

    /// <summary>True when the health of the disk is in question, as opposed to a lack of space or of descriptors.</summary>
    public bool IsDiskFailure => Code == ErrorCode.DiskFailure;

    /// <summary>The same failure in the terms of the store.</summary>
    public StoreException ToStoreException() => new(new StoreError(Code, Message, Code == ErrorCode.OutOfSpace ? 30_000 : null), this);

    private static string Name(Errno errno) => Enum.IsDefined(errno) ? errno.ToString() : $"errno {(int)errno}";
}
