// Every test here runs a cluster of processes: one after another, so that two cores are enough.
[assembly: Xunit.CollectionBehavior(DisableTestParallelization = true)]
