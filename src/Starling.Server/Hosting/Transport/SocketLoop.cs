using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Win32.SafeHandles;

namespace Starling.Server.Hosting.Transport;

/// <summary>
/// A few threads that wait for sockets together and run what waits for them, requests included, right there: no request is handed from thread to thread.
/// Each takes one event at a time, so a thread that a disk holds up keeps nobody else waiting; when all are held up, another one is added.
/// </summary>
internal sealed class SocketLoop : IDisposable
{
    private const int MaxThreads = 64;
    private const int SpareIdleMs = 10_000;
    private const long StopId = 0;
    private static readonly TimeSpan StuckAfter = TimeSpan.FromMilliseconds(250);

    private readonly SafeFileHandle poll = SocketCalls.NewPoll();
    private readonly ConcurrentDictionary<long, SocketConnection> connections = new();
    private readonly Timer stuckCheck;
    private readonly int coreThreads;
    private SafeFileHandle? stop;
    private long lastId = StopId;
    private long handled;
    private long handledAtCheck;
    private int threads;
    private int busy;
    private int checking;

    /// <summary>Starts the threads.</summary>
    /// <param name="threadCount">Threads that are always there.</param>
    public SocketLoop(int threadCount)
    {
        coreThreads = threadCount;
        stuckCheck = new Timer(static state => ((SocketLoop)state!).AddWhenStuck(), this, Timeout.Infinite, Timeout.Infinite);
        for (var i = 0; i < threadCount; i++)
        {
            StartThread();
        }
    }

    /// <summary>Threads there are now.</summary>
    public int ThreadCount => Volatile.Read(ref threads);

    /// <summary>Signals the connection's gates from now on.</summary>
    /// <exception cref="IOException">The kernel has no watches left.</exception>
    public long Add(SocketConnection connection, SafeSocketHandle socket)
    {
        var id = Interlocked.Increment(ref lastId);
        connections[id] = connection;
        try
        {
            SocketCalls.Watch(poll, socket, SocketCalls.EventIn | SocketCalls.EventOut | SocketCalls.EventPeerHangUp | SocketCalls.EdgeTriggered, id);
            return id;
        }
        catch
        {
            connections.TryRemove(id, out _);
            throw;
        }
    }

    /// <summary>Forgets a connection; closing its descriptor ends the watch.</summary>
    public void Remove(long id) => connections.TryRemove(id, out _);

    /// <summary>Aborts what is still connected and ends the threads.</summary>
    public void Dispose()
    {
        if (stop is not null)
        {
            return;
        }

        stop = SocketCalls.NewSetEvent();
        stuckCheck.Dispose();
        foreach (var connection in connections.Values)
        {
            connection.Abort(new ConnectionAbortedException("the server stopped"));
        }

        SocketCalls.Watch(poll, stop, SocketCalls.EventIn, StopId);
    }

    private void StartThread()
    {
        Interlocked.Increment(ref threads);
        new Thread(Run) { IsBackground = true, Name = "starling-net" }.UnsafeStart();
    }

    private void Run()
    {
        while (true)
        {
            var isSpare = Volatile.Read(ref threads) > coreThreads;
            if (!SocketCalls.WaitOne(poll, isSpare ? SpareIdleMs : Timeout.Infinite, out var events, out var id))
            {
                if (isSpare && MayLeave())
                {
                    return;
                }

                continue;
            }

            if (id == StopId)
            {
                Leave();
                return;
            }

            if (connections.TryGetValue(id, out var connection))
            {
                Handle(connection, events);
            }
        }
    }

    private void Handle(SocketConnection connection, uint events)
    {
        if (Interlocked.Increment(ref busy) >= Volatile.Read(ref threads) && Volatile.Read(ref checking) == 0)
        {
            CheckLater();
        }

        try
        {
            connection.OnEvents(events);
        }
        finally
        {
            Interlocked.Increment(ref handled);
            Interlocked.Decrement(ref busy);
        }
    }

    /// <summary>All threads were taken a moment ago: if none has come back since, whatever holds them may hold them for long.</summary>
    private void AddWhenStuck()
    {
        Volatile.Write(ref checking, 0);
        var all = Volatile.Read(ref threads);
        if (Volatile.Read(ref busy) < all || all >= MaxThreads)
        {
            return;
        }

        if (Volatile.Read(ref handled) == Volatile.Read(ref handledAtCheck))
        {
            StartThread();
        }
        else
        {
            CheckLater();
        }
    }

    private void CheckLater()
    {
        if (Interlocked.Exchange(ref checking, 1) == 0)
        {
            Volatile.Write(ref handledAtCheck, Volatile.Read(ref handled));
            Schedule();
        }
    }

    private void Schedule()
    {
        try
        {
            stuckCheck.Change(StuckAfter, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // Stopping: nobody needs another thread.
        }
    }

    private bool MayLeave()
    {
        if (Interlocked.Decrement(ref threads) >= coreThreads)
        {
            return true;
        }

        Interlocked.Increment(ref threads);
        return false;
    }

    /// <summary>The last thread to go closes what all of them waited on.</summary>
    private void Leave()
    {
        if (Interlocked.Decrement(ref threads) == 0)
        {
            poll.Dispose();
            stop?.Dispose();
        }
    }
}
