-- Keeps a ceremony: 1, or 0 where the scope is full.
local id, challenge, user, state, expires, now = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local per_user, in_scope, ttl = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local mine = base .. 'user:' .. user

-- Expired ones are not counted; some are cleared away each time, all of them by their own expiry.
for _, old in ipairs(redis.call('ZRANGEBYSCORE', all, '-inf', '(' .. now, 'LIMIT', 0, 100)) do
    forget(old)
end
forget(id)

local live = {}
if user ~= '' then
    for _, other in ipairs(redis.call('LRANGE', mine, 0, -1)) do
        local until_when = redis.call('ZSCORE', all, other)
        if until_when and tonumber(until_when) >= tonumber(now) then
            live[#live + 1] = other
        else
            redis.call('LREM', mine, 0, other)
        end
    end
end
local pushed_out = math.max(#live - per_user + 1, 0)
if pushed_out > #live then
    pushed_out = #live
end
if redis.call('ZCOUNT', all, now, '+inf') - pushed_out >= in_scope then
    return 0
end
for n = 1, pushed_out do
    forget(live[n])
end

local function keep(key)
    if redis.call('PTTL', key) < ttl then
        redis.call('PEXPIRE', key, ARGV[9])
    end
end
redis.call('HSET', base .. 'id:' .. id, 'state', state, 'challenge', challenge, 'user', user)
keep(base .. 'id:' .. id)
redis.call('SET', base .. 'challenge:' .. challenge, id, 'PX', ARGV[9])
redis.call('ZADD', all, expires, id)
keep(all)
if user ~= '' then
    redis.call('RPUSH', mine, id)
    keep(mine)
end
return 1
