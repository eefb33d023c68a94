-- The health of a NodeQuarantine for Argo CD: as long as it has an owner, the hardware of the node fails for that owner.
local spec = obj.spec or {}
local owners = spec.owners or {}

if #owners == 0 then
  return { status = "Healthy", message = "No workload is kept off the node." }
end
local first = owners[1]
local message = "Node " .. (spec.nodeName or "") .. " is kept from " .. #owners .. " owners until " .. (first["until"] or "")
return { status = "Degraded", message = message .. ": " .. (first.message or "") }
