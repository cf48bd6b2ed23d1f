-- Sends one request again and again, with another person and session in each turn.
-- Arguments: the file with the request, the number of people and of sessions.
-- Both numbers have a fixed width, so that the Content-Length in the file holds.

local template, people, sessions
local turn = 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  template = file:read("*a")
  file:close()
  people, sessions = tonumber(args[2]), tonumber(args[3])
end

function request()
  local person = string.format("%d", 100000 + turn * 7919 % people)
  local session = string.format("%d", 10000000 + turn % sessions)
  turn = turn + 1
  return (template:gsub("@USER@", person):gsub("@TURN@@@", session))
end
