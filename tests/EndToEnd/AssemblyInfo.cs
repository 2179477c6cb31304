// Each test has a fleet of its own, but the load should meet one of them at a time.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
