// Many tests wait for a network, a lease or a disk: more of them at once than a small machine has processors ends sooner, and finds what only busy nodes show.
[assembly: Xunit.CollectionBehavior(MaxParallelThreads = 4)]
