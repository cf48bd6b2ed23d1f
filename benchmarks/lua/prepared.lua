-- Sends prepared requests, each once, as events that are signed one by one need it.
-- Arguments: the file with the requests, and what stands between two of them.

local requests = {}
local turn = 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  local all = file:read("*a")
  file:close()
  local from = 1
  while true do
    local first, last = all:find(args[2], from, true)
    if not first then break end
    requests[#requests + 1] = all:sub(from, first - 1)
    from = last + 1
  end
end

function request()
  turn = turn + 1
  return requests[turn] or error("all prepared requests are sent")
end
