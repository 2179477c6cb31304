return await Tests.Benchmarks.Commands.RunAsync(args);
