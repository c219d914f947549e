# Mojolicious with a WebSocket on /chat and an application that refuses /vetoed.
use Mojolicious::Lite;

websocket '/chat' => sub {
	my $c = shift;
	$c->on(message => sub { my ($c, $text) = @_; $c->send($text) });
};

websocket '/vetoed' => sub { shift->render(text => 'not you', status => 403) };

app->secrets(['x']);
app->start;
