-- The health of a HealthPolicy for Argo CD: whether the controller has read this version of it, and found no mistake.
local status = obj.status or {}
local generation = obj.metadata.generation or 0

if (obj.spec or {}).mode == "Off" then
  return { status = "Suspended", message = "The policy is off." }
end
if (status.observedGeneration or 0) < generation then
  return { status = "Progressing", message = "The controller has not read this version of the policy yet." }
end
for _, condition in ipairs(status.conditions or {}) do
  if condition.type == "Accepted" and condition.status ~= "True" then
    return { status = "Degraded", message = condition.message }
  end
end
local counts = (status.injected or 0) .. " of " .. (status.matched or 0) .. " Pods are injected"
if (status.missed or 0) > 0 then
  counts = counts .. ", " .. status.missed .. " were missed: restart their workloads"
end
return { status = "Healthy", message = counts .. "." }
