using Slipway.Hosting.ServerStarter;

namespace Tests.Unit.Hosting.ServerStarter;

public class StarterEnvironmentTests
{
    private const int OwnPid = 4711;

    [Fact]
    public void Without_variables_there_is_nothing_to_take_over()
    {
        var starter = Read();

        Assert.Empty(starter.Sockets);
        Assert.Null(starter.NotifySocket);
    }

    [Fact]
    public void Server_starter_names_its_sockets_by_address()
    {
        var starter = Read(("SERVER_STARTER_PORT", "8080=4;127.0.0.1:81=5;[::1]:82=6;/run/app.sock=9"));

        InheritedSocket[] expected =
            [new("8080", 4), new("127.0.0.1:81", 5), new("[::1]:82", 6), new("/run/app.sock", 9)];
        Assert.Equal(expected, starter.Sockets);
    }

    [Fact]
    public void An_empty_variable_of_server_starter_means_no_socket() =>
        Assert.Empty(Read(("SERVER_STARTER_PORT", "")).Sockets);

    [Fact]
    public void Systemd_numbers_its_sockets_from_three_on_and_its_names_win()
    {
        var starter = Read(
            ("SERVER_STARTER_PORT", "8080=3;8081=4"),
            ("LISTEN_PID", "4711"),
            ("LISTEN_FDS", "2"),
            ("LISTEN_FDNAMES", "http:admin"));

        Assert.Equal([new InheritedSocket("http", 3), new InheritedSocket("admin", 4)], starter.Sockets);
    }

    [Fact]
    public void Sockets_for_another_process_are_left_alone() =>
        Assert.Empty(Read(("LISTEN_PID", "4712"), ("LISTEN_FDS", "2")).Sockets);

    [Theory]
    [InlineData("8080", "'8080'")]
    [InlineData("8080=3;81=x", "'81=x'")]
    [InlineData("=3", "'=3'")]
    [InlineData("8080=-1", "'8080=-1'")]
    [InlineData("8080=3;", "''")]
    [InlineData("8080=3;81=3", "'81=3' repeats descriptor 3")]
    public void A_malformed_entry_of_server_starter_is_named(string value, string named)
    {
        var error = Assert.Throws<InvalidOperationException>(() => Read(("SERVER_STARTER_PORT", value)));

        Assert.Contains("SERVER_STARTER_PORT", error.Message, StringComparison.Ordinal);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("two", null, "LISTEN_FDS is 'two'")]
    [InlineData("9999", null, "LISTEN_FDS is '9999'")]
    [InlineData("2", "http", "LISTEN_FDNAMES holds 1 names")]
    public void A_malformed_variable_of_systemd_is_named(string count, string? names, string message)
    {
        var error = Assert.Throws<InvalidOperationException>(
            () => Read(("LISTEN_PID", "4711"), ("LISTEN_FDS", count), ("LISTEN_FDNAMES", names)));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/run/notify")]
    [InlineData("@abstract")]
    public void The_notify_socket_is_a_path_or_an_abstract_name(string address) =>
        Assert.Equal(address, Read(("NOTIFY_SOCKET", address)).NotifySocket);

    [Theory]
    [InlineData("relative")]
    [InlineData("@")]
    public void Any_other_notify_socket_is_refused(string address) =>
        Assert.Throws<InvalidOperationException>(() => Read(("NOTIFY_SOCKET", address)));

    private static StarterEnvironment Read(params (string Name, string? Value)[] variables) =>
        StarterEnvironment.Read(name => variables.FirstOrDefault(variable => variable.Name == name).Value, OwnPid);
}
