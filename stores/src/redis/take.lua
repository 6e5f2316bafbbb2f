-- Takes a ceremony by its ID, or by its challenge, which leads to the ID.
local id = ARGV[1]
if ARGV[2] == 'challenge' then
    id = redis.call('GET', base .. 'challenge:' .. id)
    if not id then
        return false
    end
end
local state = redis.call('HGET', base .. 'id:' .. id, 'state')
if state then
    forget(id)
end
return state
