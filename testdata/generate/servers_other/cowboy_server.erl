%% Cowboy with a WebSocket handler on /chat and one that refuses on /vetoed, and others that make mistakes: start(["PORT"]).
-module(cowboy_server).
-export([start/1, init/2, websocket_handle/2, websocket_info/2]).

start([Port]) ->
    {ok, _} = application:ensure_all_started(cowboy),
    Routes = cowboy_router:compile([{'_', [{"/chat", ?MODULE, chat}, {"/vetoed", ?MODULE, vetoed},
        {"/hardcoded", ?MODULE, hardcoded}, {"/extension", ?MODULE, extension}, {"/deaf", ?MODULE, deaf}]}]),
    {ok, _} = cowboy:start_clear(here, [{ip, {127, 0, 0, 1}}, {port, list_to_integer(Port)}],
        #{env => #{dispatch => Routes}, stream_handlers => [cowboy_metrics_h, cowboy_stream_h], metrics_callback => fun log/1}),
    timer:sleep(infinity).

init(Req, vetoed) ->
    {ok, cowboy_req:reply(403, Req), vetoed};
init(Req, hardcoded) -> % always answers with the same subprotocol
    {cowboy_websocket, cowboy_req:set_resp_header(<<"sec-websocket-protocol">>, <<"mqtt">>, Req), hardcoded};
init(Req, extension) -> % always answers with an extension
    {cowboy_websocket, cowboy_req:set_resp_header(<<"sec-websocket-extensions">>, <<"permessage-deflate">>, Req), extension};
init(Req, deaf) -> % answers with no subprotocol
    {cowboy_websocket, Req, deaf};
init(Req, chat) ->
    case cowboy_req:parse_header(<<"sec-websocket-protocol">>, Req, []) of
        [First | _] -> {cowboy_websocket, cowboy_req:set_resp_header(<<"sec-websocket-protocol">>, First, Req), chat};
        [] -> {cowboy_websocket, Req, chat}
    end.

websocket_handle({text, Text}, State) -> {[{text, Text}], State};
websocket_handle(_, State) -> {ok, State}.

websocket_info(_, State) -> {ok, State}.

%% One line in the form of node/server.js for each exchange.
log(#{req := Req, reason := Reason} = Metrics) ->
    #{method := Method, path := Path, qs := Query, version := Version, peer := Peer, sock := Sock} = Req,
    Status = case Reason of switch_protocol -> 101; _ -> maps:get(resp_status, Metrics) end,
    Mark = case Query of <<>> -> ""; _ -> "?" end,
    Host = case cowboy_req:header(<<"host">>, Req) of undefined -> "null"; H -> ["\"", H, "\""] end,
    io:put_chars(["{\"side\":\"server\",\"client\":\"", at(Peer), "\",\"server\":\"", at(Sock), "\",\"method\":\"", Method, "\",\"uri\":\"",
        Path, Mark, Query, "\",\"host\":", Host, ",\"origin\":null,\"http_version\":\"", string:slice(atom_to_list(Version), 5),
        "\",\"status\":", code(Status), ",\"subprotocol\":", protocol(Status, Req), ",\"extensions\":null,\"sent\":0,\"received\":0,",
        "\"closes\":[],\"end\":null}\n"]);
log(_) -> % refused before there was a request
    ok.

at({Address, Port}) -> [inet:ntoa(Address), ":", integer_to_list(Port)].

code(N) when is_integer(N) -> integer_to_list(N);
code(<<N:3/binary, _/binary>>) -> N.

protocol(101, Req) ->
    case cowboy_req:parse_header(<<"sec-websocket-protocol">>, Req, []) of
        [First | _] -> ["\"", First, "\""];
        [] -> "null"
    end;
protocol(_, _) -> "null".
