-- Every trace of one ceremony. The keys of a scope share their beginning, KEYS[1], and so the slot of a cluster.
local base = KEYS[1]
local all = base .. 'all'
local function forget(id)
    local key = base .. 'id:' .. id
    local kept = redis.call('HMGET', key, 'challenge', 'user')
    if kept[1] then
        local by_challenge = base .. 'challenge:' .. kept[1]
        if redis.call('GET', by_challenge) == id then
            redis.call('DEL', by_challenge)
        end
        redis.call('LREM', base .. 'user:' .. kept[2], 0, id)
    end
    redis.call('DEL', key)
    redis.call('ZREM', all, id)
end
