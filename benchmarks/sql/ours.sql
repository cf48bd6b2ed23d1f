-- The same people, sessions and conversations in our schema, as the service would have left them.
insert into user_profiles
  (workspace_id, user_id, name, phone, email, preferences, interaction_stats, tags,
   first_seen_at, last_seen_at)
select w.id, 'user_' || n, 'João Silva', '+5511999999999', 'joao' || n || '@exemplo.com.br',
       '{"language":"pt-BR","channel":"whatsapp"}',
       '{"total_conversations":5,"average_response_time":60}', array['vip', 'sp'], now(), now()
from workspaces w, generate_series(100000, 99999 + {people}) n
where w.slug = 'default';

insert into chat_sessions
  (workspace_id, session_id, user_id, user_data, platform, status, profile_id,
   conversation_count, last_message_at, closed_at, close_reason)
select p.workspace_id, 'session_' || n, p.user_id,
       '{"name":"João Silva","phone":"+5511999999999"}', 'whatsapp', 'completed', p.id,
       1, now(), now(), 'saved'
from generate_series(10000000, 9999999 + {sessions}) n
join user_profiles p on p.user_id = 'user_' || 100000 + n % {people};

insert into conversations
  (workspace_id, conversation_id, session_id, user_id, messages, intent_analysis, metadata,
   created_at, profile_id, platform, source, fingerprint, status, started_at, last_message_at,
   ended_at, message_count, user_message_count, response_count, response_ms_total)
select workspace_id, 'conv_' || id, session_id, user_id, {messages}::jsonb,
       '{"intent":"support","sentiment":"neutral","confidence":0.85,"source":"talkhub",
         "status":"done"}',
       '{"message_count":10,"duration":540,"completion_status":"completed"}',
       moment, profile_id, platform, 'api', sha256(session_id::bytea), 'closed',
       moment - interval '9 minutes', moment, moment, 10, 5, 5, 300000
from (select *, now() - (id % 100000 || ' seconds')::interval as moment from chat_sessions) s;
