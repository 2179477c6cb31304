use strict;
use warnings;

my $version = $ENV{SLIPWAY_VERSION} // 'unknown';

sub {
    my $env = shift;
    my $body = $env->{PATH_INFO} eq '/healthz' ? "ok\n" : "hello $version from $$\n";
    return [ 200, [ 'Content-Type' => 'text/plain', 'Content-Length' => length $body ], [$body] ];
};
